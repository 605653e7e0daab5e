from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from localizer.cli import main
from localizer.release import publish, read_current

if TYPE_CHECKING:
    from conftest import Campaign


@pytest.fixture
def three(campaign: Campaign) -> list[str]:
    """Ids of three releases, the last one current."""
    ids = []
    for n in range(3):
        run = campaign.run(f"r{n}", {("poster", locale): f"{n}".encode() for locale in ("ja", "ko")})
        done = publish(run, workspace=campaign.workspace, publish_uri=campaign.publish_uri, campaign="spring")
        ids.append(done.release_id or "")
    return ids


def release(campaign: Campaign, verb: str, *arguments: str) -> int:
    return main(["release", verb, campaign.publish_uri, *arguments])


def told(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_list_and_show(campaign: Campaign, three: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert release(campaign, "list", "spring", "--json") == 0
    listed = told(capsys)
    assert listed["current"] == three[2]
    assert {each["release_id"]: each["current"] for each in listed["releases"]} == {
        three[0]: False,
        three[1]: False,
        three[2]: True,
    }
    assert [(m["number"], m["release_id"]) for m in listed["moves"]] == list(enumerate(three, 1))
    assert release(campaign, "show", "spring", "--json") == 0
    shown = told(capsys)
    assert (shown["release_id"], shown["parent"], shown["images"]) == (three[2], three[1], 2)
    assert shown["locales"] == {"ja": 1, "ko": 1}
    assert release(campaign, "list", "spring") == 0
    assert release(campaign, "show", "spring", three[0]) == 0
    out = capsys.readouterr().out
    assert f"{three[2]}  " in out
    assert "current" in out
    assert "parent      -" in out


def test_rollback_asks_and_says_who(
    campaign: Campaign, three: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    reason = ("--reason", "wrong price", "--requested-by", "ann")
    assert release(campaign, "rollback", "spring", *reason) == 2
    assert "--yes" in capsys.readouterr().err
    pointer = read_current(campaign.publish_uri, "spring")
    assert pointer is not None
    assert pointer.release_id == three[2]
    assert release(campaign, "rollback", "spring", *reason, "--yes", "--json") == 0
    done = told(capsys)
    assert (done["release_id"], done["moved_by"], done["reason"]) == (three[1], "ann", "wrong price")
    assert done["counts"] == {"same": 0, "changed": 2, "goes": 0, "comes": 0}
    assert release(campaign, "rollback", "spring", three[1], *reason, "--yes") == 2
    assert "current already" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        release(campaign, "rollback", "spring", "--yes")  # no reason given


@pytest.mark.parametrize(("answer", "moved"), [("y\n", True), ("n\n", False), ("", False)])
def test_rollback_takes_no_for_an_answer(
    campaign: Campaign, three: list[str], monkeypatch: pytest.MonkeyPatch, answer: str, moved: bool
) -> None:
    import io

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal(answer))
    assert release(campaign, "rollback", "spring", "--reason", "x") == (0 if moved else 1)
    pointer = read_current(campaign.publish_uri, "spring")
    assert pointer is not None
    assert pointer.release_id == (three[1] if moved else three[2])


def test_verify_tells_by_its_exit_code(
    campaign: Campaign, three: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert release(campaign, "verify", "spring", "--release", "all") == 0
    assert release(campaign, "verify") == 0
    campaign.published.write(f"spring/releases/{three[2]}/ja/poster.jpg", b"9")
    capsys.readouterr()
    assert release(campaign, "verify", "--json") == 1
    [found] = told(capsys)
    assert (found["altered"], found["missing"], found["whole"]) == (1, 0, False)
    assert release(campaign, "verify", "spring", "--release", three[0]) == 0


def test_prune_removes_only_when_told(
    campaign: Campaign, three: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    policy = ("--keep", "1", "--keep-for", "0d")
    before = campaign.generations()
    assert release(campaign, "prune", "spring", *policy) == 0
    assert "1 releases would go" in capsys.readouterr().out
    assert release(campaign, "prune", "spring", *policy, "--pin", "r-0123456789abcdef", "--remove") == 2
    assert "is pinned, but" in capsys.readouterr().err
    assert campaign.generations() == before
    assert release(campaign, "prune", *policy, "--remove", "--json") == 0
    [done] = told(capsys)
    assert (done["releases"], done["kept"]) == ([three[0]], 2)
    assert not list(campaign.published.names(f"spring/releases/{three[0]}/"))


def test_mistakes_are_told(campaign: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    for verb in ("list", "show"):
        assert release(campaign, verb, "spring") == 2
        assert "nothing of 'spring' is published" in capsys.readouterr().err
    assert release(campaign, "list", "../x") == 1
    assert "campaign" in capsys.readouterr().err
