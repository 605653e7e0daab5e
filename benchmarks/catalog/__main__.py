"""Draw a catalog.

    python -m benchmarks.catalog FOLDER --images N [--kind real|tiny] [--format csv|parquet|jsonl]
        [--size 600x600] [--locales 1] [--seed 0]

Prints the manifest's path. The same options always draw the same bytes, another seed draws other pictures.
"""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path

from benchmarks.catalog import FORMATS, KINDS, pictures, write_catalog


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.catalog",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, required=True, metavar="N")
    parser.add_argument("--kind", choices=tuple(KINDS), default="real")
    parser.add_argument("--format", choices=FORMATS, default="csv")
    parser.add_argument("--size", type=_size, metavar="WxH", help="pixels; default as usual for the kind")
    parser.add_argument("--locales", type=int, choices=(1, 2, 3), default=1)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    started = time.perf_counter()
    drawn = pictures(asked.images, kind=asked.kind, size=asked.size, locales=asked.locales, seed=asked.seed)
    manifest = write_catalog(asked.folder, drawn, format=asked.format)
    print(f"{manifest}  {asked.images} images, {time.perf_counter() - started:.1f} s")


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{2,4})x(\d{2,4})", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 600x600")
    return int(match[1]), int(match[2])


if __name__ == "__main__":
    main()
