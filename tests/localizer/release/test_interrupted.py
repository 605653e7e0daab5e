"""A publish that is killed, by a real SIGKILL to a real process, and run again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from localizer.release import publish, read_current, verify_release
from localizer.storage import open_storage

if TYPE_CHECKING:
    from conftest import Campaign

IMAGES = {(f"asset-{n}", locale): f"{n} {locale}".encode() * 500 for n in range(6) for locale in ("ja", "ko")}

# Publishes in a process of its own and kills itself the moment that the n-th write of a kind is asked for.
CHILD = """
import os, signal, sys, threading
from localizer.release import publish
from localizer.storage import open_storage
from localizer.workspace import Workspace

workspace_uri, publish_uri, run_id, method, suffix, count = sys.argv[1:]
kind, lock, left = type(open_storage(publish_uri)), threading.Lock(), [int(count)]
original = getattr(kind, method)

def deadly(self, name, data, **options):
    if name.endswith(suffix):
        with lock:
            left[0] -= 1
            if left[0] <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
    return original(self, name, data, **options)

setattr(kind, method, deadly)
workspace = Workspace.open(workspace_uri)
publish(workspace.run(run_id), workspace=workspace, publish_uri=publish_uri, campaign="spring")
"""


def settled(campaign: Campaign) -> dict[str, int]:
    """What stands at the target once the server is through with what the dead process had sent."""
    seen = campaign.generations()
    while True:
        time.sleep(0.05)
        now = campaign.generations()
        if now == seen:
            return now
        seen = now


@pytest.mark.parametrize(
    ("method", "suffix", "count", "least", "most"),
    [
        # Eight threads upload twelve images: when the tenth begins, two at least are done.
        pytest.param("create", ".jpg", 10, 2, 9, id="between two uploads"),
        pytest.param("create", ".jpg", 12, 4, 11, id="before the last upload"),
        pytest.param("create", "release.json", 1, 12, 12, id="before the record"),
        pytest.param("swap", "current.json", 1, 13, 13, id="before the pointer"),
    ],
)
def test_killed_and_run_again(
    campaign: Campaign, method: str, suffix: str, count: int, least: int, most: int
) -> None:
    old = campaign.run("old", {("asset-0", "ja"): b"old"})
    workspace, publish_uri = campaign.workspace, campaign.publish_uri
    before = publish(old, workspace=workspace, publish_uri=publish_uri, campaign="spring")
    run = campaign.run("new", IMAGES)
    arguments = [workspace.uri, publish_uri, "new", method, suffix, str(count)]
    child = subprocess.run([sys.executable, "-c", CHILD, *arguments], check=False, timeout=60)
    assert child.returncode == -signal.SIGKILL

    # Nobody sees anything of it.
    pointer = read_current(publish_uri, "spring")
    assert pointer is not None
    assert pointer.release_id == before.release_id
    verify_release(publish_uri, "spring", pointer.release_id, read_all=True)
    survivors = {n: g for n, g in settled(campaign).items() if f"/{before.release_id}/" not in n}
    del survivors["spring/current.json"]
    survivors = {name: generation for name, generation in survivors.items() if "/history/" not in name}
    assert least <= len(survivors) <= most

    again = publish(run, workspace=workspace, publish_uri=publish_uri, campaign="spring")
    assert again.pointer_moved
    images_there = sum(name.endswith(".jpg") for name in survivors)
    assert (again.objects_existing, again.objects_new) == (images_there, len(IMAGES) - images_there)

    # Whole, and nothing that was there was written again.
    verify_release(publish_uri, "spring", again.release_id or "", read_all=True)
    storage = open_storage(f"{publish_uri}/spring/releases/{again.release_id}")
    assert {n: storage.read(n) for n in storage.names() if n != "release.json"} == {
        f"{locale}/{asset}.jpg": data for (asset, locale), data in IMAGES.items()
    }
    after = campaign.generations()
    assert {name: after[name] for name in survivors} == survivors

    # The pointer moved once: from the old release, and a third run does not touch it.
    current = json.loads(open_storage(publish_uri).read("spring/current.json"))
    assert (current["release_id"], current["previous"]) == (again.release_id, before.release_id)
    third = publish(run, workspace=workspace, publish_uri=publish_uri, campaign="spring")
    assert (third.already_current, third.objects_new, third.pointer_moved) == (True, 0, False)
    assert campaign.generations() == after
