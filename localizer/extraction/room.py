"""How long a translation may be so that it fits the place of its source."""

from __future__ import annotations

from functools import lru_cache

from localizer.extraction.model import TextBlock
from localizer.locales import script_of
from localizer.model import Box
from localizer.text.fonts import stack
from localizer.text.shaping import shape_line

_SPARE = 2.8  # type may shrink, break into lines and take free ground beside it: none of it known here
_EM = 0.8  # em in a line's box: readers and people box type generously
_LEADING = 1.25  # from one line to the next, in heights of a line
_COLUMN = 1.5  # height over width from which one line of text stands as a column
_FEWEST = 4
# Copy as it stands on posters: what decides is how wide its letters are on average, spaces included.
_SAMPLES = {
    "Latn": "Order before Sunday and get free delivery on everything new",
    "Cyrl": "Закажите до воскресенья и получите бесплатную доставку новинок",
    "Grek": "Παράγγειλε έως την Κυριακή με δωρεάν αποστολή σε όλα τα νέα",
    "Arab": "اطلب قبل يوم الأحد واحصل على توصيل مجاني لكل جديد",
    "Hebr": "הזמינו עד יום ראשון וקבלו משלוח חינם על כל מה שחדש",
    "Deva": "रविवार से पहले ऑर्डर करें और हर नई चीज़ पर मुफ़्त डिलीवरी पाएँ",
    "Thai": "สั่งซื้อก่อนวันอาทิตย์รับส่งฟรีสินค้าใหม่ทุกชิ้น",
    "Kore": "일요일 전에 주문하면 모든 신상품을 무료로 배송해 드려요",
    "Jpan": "日曜日までのご注文で新商品がすべて送料無料",
    "Hans": "周日之前下单全部新品免费送货",
    "Hant": "週日之前下單全部新品免費送貨",
}


def most_characters(source: TextBlock | str, box: Box | None, locale: str) -> int | None:
    """How many characters of a locale's script fit where a text stands, generously.

    The size of the type is taken from the box and the source's lines; the average width of a character from
    the fonts that would set it.

    Args:
        source: the text that stands there, with its line breaks.
        box: where it stands, in pixels; of a block its own if none is given.
        locale: BCP 47, of the translation.

    Returns:
        None where the place or the script is not known.
    """
    text = source.text if isinstance(source, TextBlock) else source
    place = box if box is not None or not isinstance(source, TextBlock) else source.box
    width = advance(script_of(locale))
    if place is None or width is None:
        return None
    across, down = place[2] - place[0], place[3] - place[1]
    lines = text.strip().count("\n") + 1
    if lines == 1 and down > _COLUMN * across and len(text.strip()) > 1:
        across, down = down, across
    em = _EM * down / (1 + _LEADING * (lines - 1))
    if em < 1 or across < 1:
        return None
    return max(_FEWEST, round(_SPARE * lines * across / (width * em)))


@lru_cache(maxsize=64)
def advance(script: str) -> float | None:
    """Average width of a character of a script (ISO 15924) in our fonts, in em; None if we have no sample."""
    import langcodes

    sample = _SAMPLES.get(script)
    if sample is None:
        return None
    locale = langcodes.Language.get(f"und-{script}").maximize().to_tag()
    return shape_line(sample, stack(locale), locale).advance / len(sample)
