"""What is wrong with a form is told at once, field by field, before anything is edited."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from localizer.errors import ConfigurationError, CopyDeckError, InputError, StorageUnavailable
from operators.checking import Faults, check_engine_parameters, check_publish_target
from operators.manifest import LoadManifestOperator


class Context(dict[str, Any]):
    """A stand-in for Airflow's; nothing is pushed before all is checked."""


def load(folder: Path, **changes: Any) -> None:
    arguments: dict[str, Any] = {
        "manifest": str(folder / "small.csv"),
        "workspace": str(folder / "w"),
        "run_name": "r",
        "publish_uri": str(folder / "published"),
    }
    context = Context(dag=SimpleNamespace(tags=[]))
    LoadManifestOperator(task_id="load_manifest", **(arguments | changes)).execute(context)  # type: ignore[arg-type]


def test_all_faults_of_a_form_are_in_one_message(small_campaign: Path) -> None:
    (small_campaign / "brand.yaml").write_text("colour: red\n")
    (small_campaign / "file").touch()
    with pytest.raises(InputError) as error:
        load(
            small_campaign,
            locales=["ja", "klingonian-x"],
            engine_conn_id="edit_server",
            engine_parameters={"api_key": "x"},
            brand=str(small_campaign / "brand.yaml"),
            image_root=str(small_campaign / "nowhere"),
            publish_uri=str(small_campaign / "file" / "published"),
            copy_deck=str(small_campaign / "deck.csv"),
        )
    lines = str(error.value).split("\n")
    assert lines[0].endswith("fields cannot be used; nothing was edited. Mend this and trigger again:")
    told = {line[2:].split(":")[0] for line in lines[1:] if line.startswith("- ")}
    assert {"locales", "engine_conn_id", "brand", "image_root"} <= told
    assert "deck.csv" in str(error.value)
    assert not (small_campaign / "w").exists()


def test_locales_that_the_manifest_does_not_have_are_named_with_those_it_has(small_campaign: Path) -> None:
    with pytest.raises(InputError, match=r"- locales: ja, ko: the manifest has no such row; it has de\."):
        load(small_campaign, locales=["ja", "de", "ko"])


def test_a_manifest_that_is_not_there_is_told_with_the_rest(small_campaign: Path) -> None:
    with pytest.raises(InputError, match=r"(?s)- engine: .*magic.*- manifest: .*there is no such file"):
        load(small_campaign, manifest=str(small_campaign / "none.csv"), engine="magic")
    with pytest.raises(InputError, match="- engine: "):
        load(small_campaign, manifest=str(small_campaign / "none.csv"), engine="magic", missing_ok=True)


def test_a_target_that_cannot_be_published_to_is_told_before_the_work(small_campaign: Path) -> None:
    (small_campaign / "published" / "small").mkdir(parents=True)
    (small_campaign / "published" / "small" / "current.json").write_text("{")
    with pytest.raises(InputError, match=r"- publish_uri: .*current\.json"):
        load(small_campaign)
    (small_campaign / "file").touch()
    with pytest.raises(ConfigurationError, match="file is no folder"):
        check_publish_target(str(small_campaign / "file" / "x"), "c")


@pytest.mark.parametrize("name", ["api_key", "token", "DASHSCOPE_API_KEY", "password"])
def test_keys_do_not_belong_into_a_form(name: str) -> None:
    with pytest.raises(InputError, match="looks like a credential"):
        check_engine_parameters({"model": "x", name: "y"})


def test_parameters_that_an_engine_does_not_take_are_a_fault_of_the_form(small_campaign: Path) -> None:
    with pytest.raises(InputError, match="- engine: typeset does not take these engine parameters"):
        load(small_campaign, engine_parameters={"tempo": 3})


def test_what_a_retry_may_cure_is_no_fault() -> None:
    faults = Faults({"copy_deck": "Copy deck"})
    with pytest.raises(StorageUnavailable), faults.of("manifest"):
        raise StorageUnavailable("the bucket did not answer")
    with faults.of("manifest"):
        raise CopyDeckError("deck.csv: row 3 is there twice")
    with pytest.raises(InputError) as error:
        faults.check()
    assert str(error.value).split("\n") == [
        "One field cannot be used; nothing was edited. Mend this and trigger again:",
        "- Copy deck (copy_deck): deck.csv: row 3 is there twice",
    ]
    Faults().check()
