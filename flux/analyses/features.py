"""What is known of a post before it is published, as places in the levels of `flux.analyses.expectation`."""

from bisect import bisect_right
from datetime import datetime

import numpy as np

from flux.analyses.expectation import HASHTAG_STARTS, LEVELS, Codes
from flux.catalog.breakdown import LENGTH_STARTS


def codes_of(
    form: str | None,
    at: datetime | None,
    time_known: bool,
    length: int | None,
    hashtags: int | None,
) -> Codes:
    """A post's levels, in the order of LEVELS; -1 where one is not known. `at` is its local time.

    Where only the day is known, `at` tells the weekday and not the hour.
    """
    formats = LEVELS["format"]
    return np.array(
        [
            formats.index(form) if form in formats else -1,
            -1 if at is None else at.weekday(),
            -1 if at is None or not time_known else at.hour,
            -1 if length is None else bisect_right(LENGTH_STARTS, length) - 1,
            -1 if hashtags is None else bisect_right(HASHTAG_STARTS, hashtags) - 1,
        ],
        dtype=np.int64,
    )
