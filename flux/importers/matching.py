"""Which stored post a record is: by URN, else an activity against a share by the time in their ids."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from flux.importers.records import PostRecord
from flux.importers.urns import id_ms, is_activity

NEAR_MS = 2_000
Identity = tuple[int, str, str | None]  # id, urn, alias


def match(records: Sequence[PostRecord], stored: Iterable[Identity]) -> list[tuple[int, ...]]:
    """For each record the ids of the stored posts that it is, the oldest first: none, one, or two.

    Two, where the record knows both URNs of a post that was taken for two.
    """
    stored = list(stored)
    by_urn = {urn: post_id for post_id, *urns in stored for urn in urns if urn}
    found = [_by_urn(record, by_urn) for record in records]
    if by_urn and not all(found):
        _match_by_time(records, found, stored)
    return found


def _by_urn(record: PostRecord, by_urn: dict[str, int]) -> tuple[int, ...]:
    first = by_urn.get(record.urn)
    second = by_urn.get(record.alias) if record.alias else None
    if second is None or second == first:
        return () if first is None else (first,)
    return (second,) if first is None else (min(first, second), max(first, second))


def _match_by_time(
    records: Sequence[PostRecord], found: list[tuple[int, ...]], stored: Sequence[Identity]
) -> None:
    """The nearest pairs first, each post once."""
    taken = {post_id for ids in found for post_id in ids}
    free = sorted(
        (ms, post_id, is_activity(urn))
        for post_id, urn, alias in stored
        if alias is None and post_id not in taken and (ms := id_ms(urn)) is not None
    )
    pairs = sorted(
        (distance, index, post_id)
        for index, record in enumerate(records)
        if not found[index] and record.alias is None
        for distance, post_id in _near(record, free)
    )
    for _, index, post_id in pairs:
        if not found[index] and post_id not in taken:
            found[index] = (post_id,)
            taken.add(post_id)


def _near(record: PostRecord, free: Sequence[tuple[int, int, bool]]) -> Iterable[tuple[int, int]]:
    ms = id_ms(record.urn)
    if ms is None:
        return
    for place in range(bisect_left(free, (ms - NEAR_MS,)), len(free)):
        other, post_id, activity = free[place]
        if other > ms + NEAR_MS:
            return
        if activity != is_activity(record.urn):
            yield abs(other - ms), post_id
