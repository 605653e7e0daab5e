"""Releases: immutable sets of approved images, one of which is current per campaign."""

from localizer.release.pointer import read_current, rollback
from localizer.release.publishing import Published, publish
from localizer.release.records import Pointer, Release, ReleaseObject
from localizer.release.verification import verify_release

__all__ = [
    "Pointer",
    "Published",
    "Release",
    "ReleaseObject",
    "publish",
    "read_current",
    "rollback",
    "verify_release",
]
