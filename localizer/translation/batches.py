"""Strings that may go into one request to a service."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from localizer.translation.model import TranslationRequest


def batches_of(
    requests: Sequence[TranslationRequest],
    most: int,
    *,
    apart: Callable[[TranslationRequest], Hashable] = lambda _: None,
    size: Callable[[TranslationRequest], int] = lambda _: 0,
    most_size: int = 0,
) -> list[list[int]]:
    """Indices of the requests in batches: of one pair of locales each, in order, at most `most` of them.

    Args:
        apart: what else the strings of a batch must share.
        size, most_size: of a request, and the most that those of one batch may come to; 0: any.
    """
    groups: dict[Hashable, list[int]] = {}
    for index, request in enumerate(requests):
        groups.setdefault((request.source_locale, request.locale, apart(request)), []).append(index)
    batches: list[list[int]] = []
    for group in groups.values():
        batch: list[int] = []
        filled = 0
        for index in group:
            more = size(requests[index])
            if batch and (len(batch) == most or (most_size and filled + more > most_size)):
                batches.append(batch)
                batch, filled = [], 0
            batch.append(index)
            filled += more
        batches.append(batch)
    return batches
