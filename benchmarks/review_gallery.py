"""Whether the review page stays as quick for thousands of images as it is for a hundred.

    python benchmarks/review_gallery.py [--small N] [--images N] [--times N]

Localizes two catalogs of tiny pictures, serves the review app over them, and looks at each in Chromium
(``/usr/bin/chromium``), a fresh profile each time. Printed, the large run over the small one:

    first paint = from the click to the first picture in the gallery
    worst blank = the longest that any place in view had no picture, while the page was scrolled from end to
                  end, three screens a second, and thrown to ten other places

In the large run the first must be at most 1.5 s, and the second less than one second. The baseline is the
small run in the same browser on the same machine.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script: find the project

from benchmarks.catalog import pictures, write_catalog

CHROMIUM = "/usr/bin/chromium"
SIZE = {"width": 1440, "height": 900}

# When the first picture is painted, and since when each place in view has been without one.
WATCH = """
(() => {
  const seen = window.seen = { first: 0, worst: 0, nowhere: 0, frames: 0 };
  const since = new Map();
  let empty = 0;
  function look(now) {
    seen.frames += 1;
    const cards = [...document.querySelectorAll('.card')].filter((card) => {
      const { top, bottom } = card.querySelector('.box').getBoundingClientRect();
      return bottom > 60 && top < innerHeight;
    });
    const blank = cards.filter((card) => !card.querySelector('.box.loaded'));
    if (!seen.first && cards.length > blank.length) seen.first = now;
    if (seen.first) {
      empty = cards.length ? 0 : empty || now;
      if (empty) seen.nowhere = Math.max(seen.nowhere, now - empty);
      const names = new Set(blank.map((card) => card.ariaPosInSet));
      for (const name of since.keys()) if (!names.has(name)) since.delete(name);
      for (const name of names) {
        if (!since.has(name)) since.set(name, now);
        seen.worst = Math.max(seen.worst, now - since.get(name));
      }
    }
    requestAnimationFrame(look);
  }
  requestAnimationFrame(look);
})();
"""

SCROLL = """
async ([speed, seconds, jumps]) => {
  const frame = () => new Promise(requestAnimationFrame);
  const end = () => document.documentElement.scrollHeight - innerHeight;
  const start = performance.now();
  let last = start;
  for (let now = start; now - start < seconds * 1000; now = await frame()) {
    if (scrollY >= end() - 1) scrollTo(0, 0);
    scrollBy(0, (speed * innerHeight * (now - last)) / 1000);
    last = now;
  }
  for (let jump = 1; jump <= jumps; jump += 1) {
    scrollTo(0, end() * ((jump * 0.618) % 1));
    const until = performance.now() + 1500;
    while (performance.now() < until) await frame();
  }
  return seen;
}
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--small", type=int, default=100, metavar="N", help="default 100")
    parser.add_argument("--images", type=int, default=2000, metavar="N", help="default 2000")
    parser.add_argument("--times", type=int, default=3, metavar="N", help="the median counts; default 3")
    asked = parser.parse_args()
    if not Path(CHROMIUM).exists():
        print(f"left out: {CHROMIUM} is not there; install Debian's chromium")
        return
    with tempfile.TemporaryDirectory(prefix="review-gallery-") as temporary:
        figures = []
        for images in (asked.small, asked.images):
            workspace = localized(Path(temporary) / str(images), images)
            with served(workspace) as address:
                figures.append(looked_at(address, asked.times))
            first, worst = figures[-1]
            print(f"{images} images: first picture after {first:.0f} ms, worst blank {worst:.0f} ms")
        (small_first, small_worst), (first, worst) = figures
        print(f"first paint = {first / small_first:.2f} ({_within(first, 1500)})")
        print(f"worst blank = {worst / max(1, small_worst):.2f} ({_within(worst, 1000)})")


def _within(milliseconds: float, most: float) -> str:
    return f"{'within' if milliseconds <= most else 'NOT WITHIN'} {most / 1000:g} s"


def localized(folder: Path, images: int) -> Path:
    """A workspace with one run, ``bench``, that waits for its review."""
    from localizer.cli import main as command

    manifest = write_catalog(folder / "catalog", pictures(images, kind="tiny"))
    workspace = folder / "workspace"
    options = ["--run-id", "bench", "--approve", "none", "--engine", "benchmarks.engines:Instant"]
    if code := command(["run", str(manifest), "--workspace", str(workspace), *options]):
        sys.exit(f"the catalog could not be localized (exit code {code})")
    return workspace


@contextmanager
def served(workspace: Path) -> Iterator[str]:
    """The address of the run's review page; the app is a process of its own, as in Airflow."""
    import socket
    import subprocess
    import time

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.localizer.review.demo_host", str(workspace), str(port)],
        cwd=Path(__file__).resolve().parents[1],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(300):
            with socket.socket() as trying:
                if trying.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        else:
            sys.exit("the review app did not start")
        yield f"http://127.0.0.1:{port}/?dag_id=localize_campaign&run_id=bench"
    finally:
        server.terminate()
        server.wait(20)


def looked_at(address: str, times: int) -> tuple[float, float]:
    """Milliseconds to the first picture, and of the worst blank: the median of some visits.

    The first visit is left out: it finds a server that has not read the run yet.
    """
    from playwright.sync_api import sync_playwright

    visits: list[tuple[float, float]] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for _ in range(times + 1):
            context = browser.new_context(viewport=SIZE)  # type: ignore[arg-type]
            page = context.new_page()
            page.add_init_script(WATCH)
            page.goto(address)
            page.locator(".box.loaded").first.wait_for(timeout=60_000)
            seen = page.evaluate(SCROLL, [3, 8, 10])
            visits.append((seen["first"], max(seen["worst"], seen["nowhere"])))
            context.close()
        browser.close()
    counted = visits[1:]
    return median(first for first, _ in counted), median(worst for _, worst in counted)


if __name__ == "__main__":
    main()
