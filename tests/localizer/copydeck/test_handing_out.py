"""A deck goes to a translator's tool and comes back, by the command line.

The tool is translate-toolkit's own interface, as Weblate and Virtaal use it: it sets targets and states, and
knows nothing of what else stands in the file.
"""

import json

import pytest
from translate.storage.xliff2 import Xliff2File

from localizer.cli import main
from localizer.copydeck import read_deck_rows

MANIFEST = """asset_id,image,source_locale,locale,action,text
p1,p1.png,zh-Hans,de,translate_text,限时特惠
p1,p1.png,zh-Hans,de,translate_text,立即抢购
p2,img/p2.png,zh-Hans,de,translate_text,限时特惠
p2,img/p2.png,zh-Hans,ja,translate_text,限时特惠
"""


def still_open(tmp_path, capsys, *more: str) -> set[tuple[str, str, str]]:
    capsys.readouterr()
    command = ["copy", "status", str(tmp_path / "m.csv"), "--workspace", str(tmp_path / "w"), "--json", *more]
    assert main(command) == 0
    told = json.loads(capsys.readouterr().out)
    return {(each["source"], each["locale"], each["state"]) for each in told["strings"]}


def test_out_as_xliff_and_back(tmp_path, capsys):
    (tmp_path / "m.csv").write_text(MANIFEST, encoding="utf-8")
    out = tmp_path / "todo"
    command = [
        "copy",
        "extract",
        str(tmp_path / "m.csv"),
        "--workspace",
        str(tmp_path / "w"),
        "--out",
        str(out),
    ]
    assert main(command) == 0
    assert sorted(path.name for path in out.iterdir()) == ["zh-Hans_de.xlf", "zh-Hans_ja.xlf"]
    first, _ = read_deck_rows(out / "zh-Hans_de.xlf")
    assert first.assets == ("p1.png", "img/p2.png")
    assert first.context == ("立即抢购",)

    store = Xliff2File.parsefile(str(out / "zh-Hans_de.xlf"))
    for unit, target in zip(store.units, ("Nur für kurze Zeit", "Jetzt kaufen"), strict=True):
        unit.target = target
    store.units[0].marktranslated()
    store.units[1].markfuzzy()
    store.save()

    left = {("立即抢购", "de", "draft"), ("限时特惠", "ja", "missing")}
    assert len(still_open(tmp_path, capsys)) == 3
    assert still_open(tmp_path, capsys, "--copy-deck", str(out)) == left
    assert main(["copy", "convert", str(out), str(tmp_path / "all.csv")]) == 0
    assert still_open(tmp_path, capsys, "--copy-deck", str(tmp_path / "all.csv")) == left


def test_a_deck_is_not_written_over_unasked(tmp_path, capsys):
    (tmp_path / "a.csv").write_text("source,ja\nSale,セール\n", encoding="utf-8")
    for _ in range(2):
        code = main(["copy", "convert", str(tmp_path / "a.csv"), str(tmp_path / "b.tmx")])
    assert code == 2
    assert "b.tmx is there already" in capsys.readouterr().err
    with pytest.raises(StopIteration):
        next(row for row in read_deck_rows(tmp_path / "b.tmx") if row.source != "Sale")
