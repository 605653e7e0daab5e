"""Where images and records are kept: a local folder or Google Cloud Storage, behind one protocol."""

from localizer.storage.base import Content, ObjectInfo, Storage
from localizer.storage.opening import open_storage

__all__ = ["Content", "ObjectInfo", "Storage", "open_storage"]
