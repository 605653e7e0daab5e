"""Two brands that share an Airflow, and what its people try over REST."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

from tests.system.rest import Api, RunRef

PROJECT = Path(__file__).resolve().parents[2]
BRANDS = ("acme", "globex")


def two_brands(place: Path, *, reviewers: str = "") -> Path:
    """Tenants, a campaign of each with four eyes, and a bundle for each; returns the tenants file.

    Args:
        reviewers: a line of the campaign files.
    """
    from PIL import Image, ImageDraw, ImageFont

    shutil.copytree(PROJECT / "dags", place / "dags", ignore=shutil.ignore_patterns("*.yaml", "__pycache__"))
    (place / "bundles").mkdir()
    tenants = {}
    for brand in BRANDS:
        (place / "bundles" / brand).symlink_to(place / "dags")
        inputs = place / brand / "in"
        inputs.mkdir(parents=True)
        image = Image.new("RGB", (480, 320), "white")
        ImageDraw.Draw(image).text((240, 160), "SALE", "black", ImageFont.load_default(64), "mm")
        image.save(inputs / "a.png")
        (inputs / "small.csv").write_text(
            "asset_id,image,source_locale,locale,action,text,replacement\n"
            "a,a.png,en,de,replace_text,SALE,RABATT\n"
        )
        (place / "dags" / "campaigns" / f"{brand}_moon.yaml").write_text(
            f"tenant: {brand}\nmanifest: {inputs}/small.csv\nowners: [Mei]\n"
            f"approval: {{four_eyes: true}}\n{reviewers}"
        )
        tenants[brand] = {
            "workspace": str(place / brand / "work"),
            "publish": str(place / brand / "published"),
            "inputs": [str(inputs)],
            "engine_connections": [f"{brand}_server"],
        }
    file = place / "tenants.yaml"
    file.write_text(json.dumps({"tenants": tenants}))
    return file


def status(api: Api, method: str, path: str, **arguments: Any) -> int:
    return api.client.request(method, path, **arguments).status_code


def wait_for_question(api: Api, run: RunRef, try_number: int = 1) -> dict[str, Any]:
    until = time.monotonic() + 180
    while True:
        review = api.get(f"{run.path}/taskInstances/review")
        if review["state"] == "awaiting_input" and review["try_number"] == try_number:
            time.sleep(2)  # no person is faster
            return dict(api.get(f"{run.path}/taskInstances/review/-1/hitlDetails"))
        assert review["state"] not in {"failed", "upstream_failed"}, api.states(run)
        assert time.monotonic() < until, api.states(run)
        time.sleep(1)


def answer(api: Api, run: RunRef) -> int:
    form = {"also_approve": [], "reject_items": [], "comment": ""}
    body = {"chosen_options": ["Approve"], "params_input": form}
    return status(api, "PATCH", f"{run.path}/taskInstances/review/-1/hitlDetails", json=body)


def dags_of(api: Api) -> set[str]:
    return {dag["dag_id"] for dag in api.get("/api/v2/dags", limit=100)["dags"]}
