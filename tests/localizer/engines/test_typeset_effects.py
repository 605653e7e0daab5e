"""From image to image: the new text has the effects that the old one had, and nothing of the old stays."""

from __future__ import annotations

import numpy as np
import pytest

from localizer.model import CheckStatus
from localizer.text.effects import Effects, Outline, Rule, Shadow
from localizer.text.fonts import stack
from localizer.text.render import PlacedLine, draw
from localizer.text.shaping import shape_line


def dressed_poster(poster, text: str, locale: str, effects: Effects, *, size: float = 60) -> np.ndarray:
    line = shape_line(text, stack(locale, weight=700), locale)
    return draw(poster(), [PlacedLine(line, 80, 190, size)], (250, 250, 250), effects)[0]


def long_rows(rgb: np.ndarray, ground: np.ndarray) -> list[int]:
    """Rows in which a run of changed pixels is as long as nine tenths of everything that was set."""
    changed = np.abs(rgb.astype(int) - ground).max(2) > 60
    columns = np.nonzero(changed.any(0))[0]
    x0, x1 = int(columns[0]), int(columns[-1]) + 1
    return [y for y in range(len(changed)) if changed[y, x0:x1].mean() > 0.97]


@pytest.mark.parametrize("strike", [True, False])
def test_an_old_price_stays_struck_through(poster, edit_poster, replacing, strike: bool) -> None:
    rule = Rule((250, 250, 250), 0.34 if strike else -0.16, 0.06, 0.04)
    effects = Effects(strike=rule) if strike else Effects(underline=rule)
    rgb = dressed_poster(poster, "Price 399", "en", effects)
    done = edit_poster(rgb, [replacing("Price 399", "Preis 429")], locale="de", source_locale="en")
    rows = long_rows(done.rgb, poster())
    assert rows, "the rule is gone"
    middle = (rows[0] + rows[-1]) / 2
    assert middle == pytest.approx(190 - rule.rise * 60, abs=4)
    assert rows[-1] - rows[0] + 1 == pytest.approx(3.6, abs=2)


def test_outline_and_shadow_are_set_again(poster, edit_poster, replacing) -> None:
    effects = Effects(outline=Outline((230, 40, 40), 0.06), shadow=Shadow((0, 0, 0), 0.07, 0.07, 0.04, 0.8))
    rgb = dressed_poster(poster, "SUMMER", "en", effects, size=76)
    done = edit_poster(rgb, [replacing("SUMMER", "SOMMER")], locale="de", source_locale="en")
    changed = np.abs(done.rgb.astype(int) - rgb).max(2) > 60
    # The whole word is as it was but for its second letter.
    assert changed.mean() < 0.02
    assert done.checks["legible"].status is CheckStatus.PASSED
    red = (np.abs(done.rgb.astype(int) - (230, 40, 40)).max(2) < 30).sum()
    assert red == pytest.approx((np.abs(rgb.astype(int) - (230, 40, 40)).max(2) < 30).sum(), rel=0.25)
