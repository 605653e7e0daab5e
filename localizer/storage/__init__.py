"""Where images and records are kept: a local folder or Google Cloud Storage, behind one protocol."""

from localizer.storage.base import ObjectInfo, Storage
from localizer.storage.opening import open_storage

__all__ = ["ObjectInfo", "Storage", "open_storage"]
