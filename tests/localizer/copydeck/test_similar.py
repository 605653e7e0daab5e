"""The nearest approved copy."""

import random
import time

import pytest
from rapidfuzz.distance import Levenshtein

from localizer.copydeck import CopyDeck, Entry, Similar, fold_source, read_copy_deck

DECK = read_copy_deck(
    """source_locale,source,locale,target,state
en,Shop now and save,ja,今すぐ購入でお得,
en,Shop now and share,ja,draft,draft
fr,Shop now and savez,ja,フランス,
,Summer sale,ja,サマーセール,
en,Summer sale,de,Sommerschlussverkauf,
zh,限时特惠全场八折,ja,期間限定全品2割引,
""".encode(),
    name="d.csv",
)


def test_the_nearest_of_the_same_locales():
    assert DECK.similar("Shop now and saves", "en", "ja") == Similar(
        "Shop now and save", "今すぐ購入でお得", pytest.approx(17 / 18)
    )
    assert DECK.similar("Shop now and saves", "fr", "ja").target == "フランス"
    assert DECK.similar("Summer sales", "en", "ja").target == "サマーセール"  # a row for every source locale
    assert DECK.similar("Summer sales", "en", "de").target == "Sommerschlussverkauf"
    assert DECK.similar("限时特惠全场七折", "zh-Hans", "ja").score == pytest.approx(7 / 8)
    assert DECK.similar("限时特惠\n全场七折", "und", "ja").score == pytest.approx(7 / 8)


def test_what_is_not_near_enough_or_of_another_locale_is_none():
    assert DECK.similar("Something else", "en", "ja") is None
    assert DECK.similar("Summer sales", "en", "ko") is None
    assert DECK.similar("Shop now and saves", "en", "ja", least=0.95) is None
    assert DECK.similar("", "en", "ja") is None
    assert CopyDeck().similar("Sale", "en", "ja") is None


def test_case_alone_is_near_but_not_the_same():
    assert DECK.lookup("SUMMER SALE", "en", "de") is None
    assert DECK.similar("SUMMER SALE", "en", "de").score == 0.99


def test_drafts_are_not_taken_for_copy():
    assert DECK.similar("Shop now and shares", "en", "ja").source == "Shop now and save"


@pytest.fixture(scope="module")
def large() -> CopyDeck:
    chance = random.Random(7)  # noqa: S311
    words = [
        "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 9))) for _ in range(3000)
    ]
    texts = dict.fromkeys(" ".join(chance.choices(words, k=chance.randint(1, 8))) for _ in range(50_000))
    return CopyDeck("large", {("en", "ja", text): Entry(text[::-1], "row", source=text) for text in texts})


def test_it_finds_what_comparing_with_every_string_finds(large):
    chance = random.Random(8)  # noqa: S311
    texts = [key[2] for key in large.entries]
    for text in chance.sample(texts, 12):
        asked = text[:-2] + "xy" + text[5:9]
        scores = [Levenshtein.normalized_similarity(fold_source(asked), each) for each in texts]
        best = max(scores)
        found = large.similar(asked, "en", "ja", least=0.6)
        assert (found is None) if best < 0.6 else found == (texts[scores.index(best)], found.target, best)


def test_a_large_deck_is_asked_in_a_fraction_of_the_time_of_comparing_all(large):
    """Ratio within one run; the first question also sorts the deck."""
    texts = [key[2] for key in large.entries]
    large.similar("warm up", "en", "ja")
    asked = [f"{text[:-1]}q" for text in texts[::2500]]
    started = time.perf_counter()
    for text in asked:
        assert large.similar(text, "en", "ja", least=0.75)
    ours = time.perf_counter() - started
    started = time.perf_counter()
    for text in asked:
        max(Levenshtein.normalized_similarity(text, each) for each in texts)
    assert ours < (time.perf_counter() - started) / 3
