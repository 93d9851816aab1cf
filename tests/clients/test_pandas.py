"""pandas.read_csv of the address, the key in a header: types as a reader expects them."""

import urllib.error

import pandas as pd
import pytest

from tests.clients.conftest import POSTS, Feed


def test_read_csv_gets_every_post_with_its_types(feed: Feed) -> None:
    frame = pd.read_csv(
        feed.url("posts", "&order=asc&safe=0", key=False),
        storage_options=feed.tenant.header,
        parse_dates=["published_at", "date"],
        dtype={"text": str},
    )
    assert frame["text"].tolist() == [text for text, *_ in POSTS]
    assert frame["likes"].tolist() == [likes for _, likes, *_ in POSTS]
    assert frame["impressions"].sum() == 1_001_500
    assert frame["shares"].isna().tolist() == [False, False, True, False]
    assert frame["date"].tolist() == list(pd.date_range("2026-01-01", "2026-01-04"))
    assert frame["published_at"].dt.hour.tolist() == [12] * 4


def test_read_csv_of_trends_needs_no_options(feed: Feed) -> None:
    frame = pd.read_csv(feed.url("engagement-trends"))
    assert frame["engagement"].dropna().tolist() == [15, 0, 3]
    assert frame["posts"].tolist() == [1, 1, 1, 1]


def test_a_wrong_key_raises(feed: Feed) -> None:
    with pytest.raises(urllib.error.HTTPError, match="401") as caught:
        pd.read_csv(feed.url("posts", key=False), storage_options={"Authorization": "Bearer flux_bi_wrong"})
    caught.value.close()
