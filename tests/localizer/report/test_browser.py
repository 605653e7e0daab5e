"""The report in a real browser: nothing a manifest says runs or calls home, nor could it if it got in."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from localizer.model import CheckResult, CheckStatus, JobResult, Status
from localizer.report import render_report

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
RUNS = "document.documentElement.dataset.pwned=1"


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """Address of a server on loopback, and what was asked of it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def shown(path: Path) -> str:
    """The page as it stands in the browser after its scripts ran."""
    return subprocess.run(
        [
            str(CHROMIUM),
            "--headless",
            "--no-sandbox",  # the browser's own, which root and containers lack
            "--disable-gpu",
            "--virtual-time-budget=2000",
            "--dump-dom",
            path.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout


def report(path: Path, home: str) -> str:
    attacks = [
        f"<script>{RUNS}</script>",
        f"</script><script>{RUNS}</script>",
        f"</style></title></textarea><svg onload={RUNS}>",
        f"<img src=x onerror={RUNS}>",
        f'" onfocus="{RUNS}" autofocus x="',
        f"' onmouseover='{RUNS}' '",
        f"javascript:{RUNS}",
        f"<img src={home}/pixel.png>",
        f'"><link rel=stylesheet href={home}/style.css>',
        f"<iframe src={home}/frame></iframe><base href={home}/>",
        f'<meta http-equiv=refresh content="0;url={home}/refresh">',
        f"url({home}/css)",
        f"--><!--><script>{RUNS}</script>",
        f"&lt;script&gt;{RUNS}&lt;/script&gt;",
        f"+ADw-script+AD4-{RUNS}+ADw-/script+AD4-",
    ]
    results = [
        JobResult(
            attack,
            attack,
            attack,
            status,
            reason=attack,
            engine=attack,
            edits=({"action": "replace_text", "text": attack, "replacement": attack, "note": attack},),
            checks=(CheckResult(attack, CheckStatus.FAILED, 0.1, 0.2, attack, missing=attack),),
            attempt_log=({"engine": attack, "status": attack, "reason": attack},) * 2,
            handover=attack,
        )
        for attack in attacks
        for status in (Status.NEEDS_REVIEW, Status.FAILED)
    ]
    text = " ".join(attacks)
    render_report(
        path,
        campaign=text,
        run_id=text,
        results=iter(results),
        generated_at=datetime(2026, 6, 1, tzinfo=UTC),
        read=lambda name: b"",
        warnings=attacks,
        out_of_scope=[(attack, attack) for attack in attacks],
        release_id=text,
        release_uri=text,
    )
    return path.read_text("utf-8")


def test_nothing_runs_and_nobody_is_called(tmp_path: Path, listener: tuple[str, list[str]]) -> None:
    home, asked = listener
    report(tmp_path / "report.html", home)
    page = shown(tmp_path / "report.html")
    assert "Localization" in page or "localization report" in page
    assert 'data-pwned="' not in page.split("<body", 1)[0]
    assert '<div id="filter">' in page  # the page's own script did run
    assert asked == []


def test_the_policy_holds_should_markup_ever_get_in(tmp_path: Path, listener: tuple[str, list[str]]) -> None:
    home, asked = listener
    whole = report(tmp_path / "report.html", home)
    injected = (
        f"<script>{RUNS}</script><img src=x onerror={RUNS}><img src={home}/pixel.png>"
        f"<iframe src={home}/frame></iframe><link rel=stylesheet href={home}/style.css>"
        f"<script src={home}/script.js></script><a id=go href='javascript:{RUNS}'></a>"
    )
    (tmp_path / "injected.html").write_text(whole.replace("</body>", f"{injected}</body>"), "utf-8")
    assert 'data-pwned="' not in shown(tmp_path / "injected.html").split("<body", 1)[0]
    assert asked == []
    without = whole.replace("Content-Security-Policy", "X-Nothing").replace("</body>", f"{injected}</body>")
    (tmp_path / "without.html").write_text(without, "utf-8")
    assert 'data-pwned="' in shown(tmp_path / "without.html").split("<body", 1)[0]  # it would run without
    assert asked
