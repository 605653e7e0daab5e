"""The trigger form of the DAGs: what a person chooses, in the order in which it matters.

Fields without a section stand first and open; the others are in sections that open on a click. A field whose
type allows null is optional. What a schema can say is checked before a run is made; the rest is the first
thing that `load_manifest` does, see `operators.checking`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from airflow.sdk import Param

from localizer.campaigns.deadlines import DEADLINE_PATTERN
from localizer.engines.registry import engine_names
from operators.deadlines import usual_deadline

ROOT = Path(__file__).resolve().parents[1]
WORKSPACE = os.environ.get("LOCALIZER_WORKSPACE", str(ROOT / "out" / "workspace"))
PUBLISH = os.environ.get("LOCALIZER_PUBLISH", str(ROOT / "out" / "published"))

# A relative path would mean another folder on every worker.
LOCATION = r"^(gs://[a-z0-9][a-z0-9._-]+(/.*)?|file:///.+|/.+)$"

COPY, ENGINE, PUBLISHING, STORAGE = "Images and copy", "Engine", "Publishing", "Storage"
"""Sections, in this order, after the fields that stand first."""

# The form offers these; the API takes any BCP 47 tag.
LOCALES = {
    "en": "English",
    "zh-Hans": "Chinese, simplified",
    "zh-Hant": "Chinese, traditional",
    "ja": "Japanese",
    "ko": "Korean",
    "vi": "Vietnamese",
    "th": "Thai",
    "id": "Indonesian",
    "ms": "Malay",
    "ar": "Arabic",
    "he": "Hebrew",
    "hi": "Hindi",
    "ru": "Russian",
    "uk": "Ukrainian",
    "el": "Greek",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "pt": "Portuguese",
    "pt-BR": "Portuguese, Brazil",
    "nl": "Dutch",
    "pl": "Polish",
    "tr": "Turkish",
    "cs": "Czech",
    "sv": "Swedish",
    "da": "Danish",
    "nb": "Norwegian",
    "fi": "Finnish",
    "hu": "Hungarian",
    "ro": "Romanian",
}

LOCALE_TITLES = {tag: f"{name} ({tag})" for tag, name in LOCALES.items()}

ENGINES = {
    "typeset": "typeset: reads, erases and sets type; no GPU, no charge",
    "qwen": "qwen: Qwen-Image-Edit on a GPU of the worker",
    "openai": "openai: an edit server with /v1/images/edits; needs a connection",
    "dify": "dify: a Dify workflow app; needs a connection",
    "dashscope": "dashscope: Alibaba Cloud Model Studio; needs a connection",
}

APPROVALS = {
    "always": "A person decides on every image",
    "exceptions_only": "A person decides on the exceptions; what passed is approved",
    "never": "Nobody is asked: what passed is approved, the rest stays unpublished",
}


COPY_APPROVALS = {
    "None": "Where there are drafts, unless Approval says that nobody is asked",
    "drafts": "A person, where there are drafts",
    "always": "A person, in every run that has copy",
    "never": "Nobody is asked: images with drafts need review",
}


def further_engines() -> list[str]:
    """Engines by import path that whoever deploys lets people choose: ``LOCALIZER_ENGINES``, by commas."""
    return [name.strip() for name in os.environ.get("LOCALIZER_ENGINES", "").split(",") if name.strip()]


def run_params(manifest: Param, *, defaults: Mapping[str, Any] | None = None) -> dict[str, Param]:
    """The trigger form of a run.

    Args:
        manifest: differs from DAG to DAG.
        defaults: in place of the form's own, by parameter.
    """
    return with_defaults({"manifest": manifest} | first_fields() | further_fields(), defaults)


def with_defaults(params: dict[str, Param], defaults: Mapping[str, Any] | None) -> dict[str, Param]:
    """A form with other values in it."""
    for name, value in (defaults or {}).items():
        old = params[name]
        params[name] = Param(value, description=old.description, **old.schema)
    return params


def first_fields() -> dict[str, Param]:
    """What is decided on for every run."""
    return {
        "locales": Param(
            [],
            type=["array", "null"],
            items={"type": "string", "minLength": 2},
            title="Target languages",
            description_md="Leave empty for **all** languages of the manifest.",
            examples=list(LOCALES),
            values_display=LOCALE_TITLES,
        ),
        "approval": Param(
            "always",
            type="string",
            enum=list(APPROVALS),
            values_display=APPROVALS,
            title="Approval",
            description_md="What a check doubts is published only in a person's name; what failed, never.",
        ),
        "dry_run": Param(
            False,
            type=["boolean", "null"],
            title="Dry run",
            description_md="Only show the plan: what would be edited and translated, **how long** it would "
            "take and what it would **cost**. It stands in the log and among the XComs of load_manifest.",
        ),
    }


def further_fields() -> dict[str, Param]:
    """What mostly stays as it is."""
    return {
        "image_root": Param(
            None,
            type=["string", "null"],
            pattern=LOCATION,
            title="Image folder",
            description_md="Where relative image paths start: absolute path or gs://. Empty: the "
            "manifest's folder.",
            section=COPY,
        ),
        "copy_deck": Param(
            None,
            type=["string", "null"],
            pattern=LOCATION,
            title="Copy deck",
            description_md="Approved translations, for translate_text: a deck (CSV, JSON, YAML, XLIFF, TMX), "
            "a folder of decks, or several with commas between. Empty: as the manifest says, or "
            "copy_deck.csv beside it.",
            section=COPY,
        ),
        "copy_approval": Param(
            None,
            type=["string", "null"],
            enum=[None, "drafts", "always", "never"],
            values_display=COPY_APPROVALS,
            title="Who approves the copy",
            description_md="Asked **before** any image is made. What is approved once is not asked again.",
            section=COPY,
        ),
        "translator_conn_id": Param(
            None,
            type=["string", "null"],
            title="Translator connection",
            description_md="Airflow connection of the service that drafts missing copy; several by commas. "
            "Without a translator nothing is made up: images wait for the deck.",
            examples=["copy_drafts"],
            section=COPY,
        ),
        "brand": Param(
            None,
            type=["string", "null"],
            title="Brand kit",
            description_md="Path of a brand.yaml, or of its folder: fonts, glossary, forbidden words. Empty: "
            "the one that the manifest names, if any.",
            section=COPY,
        ),
        "engine": Param(
            "typeset",
            type="string",
            enum=[*engine_names(), *further_engines()],
            values_display=ENGINES,
            title="Engine",
            description_md="What makes the images. The dry run shows what it would cost.",
            section=ENGINE,
        ),
        "engine_conn_id": Param(
            None,
            type=["string", "null"],
            title="Engine connection",
            description_md="Airflow connection of the service; only for openai, dify and dashscope.",
            examples=["edit_server"],
            section=ENGINE,
        ),
        "engine_parameters": Param(
            {},
            type=["object", "null"],
            title="Engine parameters",
            description_md='For experts: {"model": "/models/Qwen-Image-Edit-2509"}. **Never a key**: those '
            "live in the connection.",
            section=ENGINE,
        ),
        "campaign": Param(
            None,
            type=["string", "null"],
            pattern="^[A-Za-z0-9][A-Za-z0-9._-]*$",
            maxLength=120,
            title="Publish as",
            description_md="Name of the campaign's folder: letters, digits, hyphen, underscore, dot. Empty: "
            "as the manifest says, else its file name.",
            examples=["618-2026"],
            section=PUBLISHING,
        ),
        "deadline": Param(
            usual_deadline(),
            type=["string", "null"],
            pattern=DEADLINE_PATTERN,
            title="Deadline",
            description_md="Until when the images must be published: hours, days or weeks after the run's "
            "date. People are told when it is close, and the review closes with it.",
            examples=["36h", "3d", "2d before the festival"],
            section=PUBLISHING,
        ),
        "publish_uri": Param(
            PUBLISH,
            type="string",
            pattern=LOCATION,
            title="Publish to",
            description_md="Absolute path or gs://bucket/prefix; looked at before anything is edited.",
            examples=[PUBLISH, "gs://bucket/campaigns"],
            section=PUBLISHING,
        ),
        "c2pa_conn_id": Param(
            None,
            type=["string", "null"],
            title="Signing connection",
            description_md="Airflow connection (localizer_c2pa) with whose key content credentials are "
            "signed into each published image. Empty: published as reviewed.",
            examples=["content_credentials"],
            section=PUBLISHING,
        ),
        "workspace": Param(
            WORKSPACE,
            type="string",
            pattern=LOCATION,
            title="Workspace",
            description_md="Where sources, candidates and records are kept; every worker must reach it. Its "
            "results are shared by all runs.",
            section=STORAGE,
        ),
        "gcp_conn_id": google_connection(),
    }


def google_connection() -> Param:
    """By which a run, or a task on releases, opens buckets."""
    return Param(
        None,
        type=["string", "null"],
        title="Google connection",
        description_md="Airflow connection for gs://. Empty: Application Default Credentials.",
        examples=["google_cloud_default"],
        section=STORAGE,
    )
