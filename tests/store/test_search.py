"""The search of posts: the same words find the same posts on both databases, and never another's."""

import threading
from datetime import date

import pytest
from sqlalchemy import Engine, delete, event, func, select, text, update

from flux.mistakes import InvalidParameter, ResourceNotFound
from flux.search import RANKED, get_post, search_posts
from flux.serve import Rights, ask, rows
from flux.store import search_index
from flux.store.engine import writing
from flux.store.profiles import create_profile, delete_profile
from flux.store.search_index import refresh
from flux.store.search_tables import search_posts as indexed
from flux.store.tables import posts, profiles
from tests.tenants import NOON, Tenant, make_posts, post

CORPUS = {
    "cafe": "Une pause au Café",
    "plain": "CAFE CULTURE at work",
    "bold": "𝗖𝗮𝗳é culture, in the letters that people paste",
    "tag": "What #data tells, and #BigData does not",
    "word": "data is a word, big data are two",
    "emoji": "We launched 🚀👍🏽 today",
    "mail": "An e-mail about node.js and don’t-panic",
    "tokyo": "東京タワーに行きました",
    "kyoto": "京都の寺",
    "hindi": "हिन्दी में एक पोस्ट",
    "russian": "Ёлка и Привет",
    "polish": "Łódź, Straße, Øresund",
    "sql": "Robert'); DROP TABLE posts;-- \\ \" NEAR(x y) AND OR NOT",
    "hiring": "We are hiring engineers for the launch",
    "posts": "posts, posted, posting",
    "only signs": "!!! …",
}

# What is looked for, and the posts that have it: by the rules that `flux.store.search_words` states.
QUERIES = [
    ("café", {"cafe", "plain", "bold"}),
    ("CAFÉ culture", {"plain", "bold"}),
    ("#data", {"tag", "word"}),
    ("data", {"tag", "word"}),
    ("bigdata", {"tag"}),
    ('"big data"', {"word"}),
    ("“big data”", {"word"}),
    ("data big", {"word"}),
    ("data -word", {"tag"}),
    ('data -"big data"', {"tag"}),
    ("🚀", {"emoji"}),
    ("👍", {"emoji"}),
    ("👍🏿", {"emoji"}),
    ("e-mail", {"mail"}),
    ("don't", {"mail"}),
    ("node.js", {"mail"}),
    ("東京", {"tokyo"}),
    ("京", {"tokyo", "kyoto"}),
    ("京東", set()),
    ("タワー", {"tokyo"}),
    ("हिन्दी", {"hindi"}),
    ("елка привет", {"russian"}),
    ("lodz strasse oresund", {"polish"}),
    ("robert') DROP", {"sql"}),
    ("NEAR and OR not", {"sql"}),
    ("launch*", {"emoji", "hiring"}),
    ("launch", {"hiring"}),
    ("launch* -hiring", {"emoji"}),
    ("post*", {"posts", "sql"}),
    ("post", set()),
    ("words:data", set()),
    ("scope a p", set()),
]


@pytest.fixture
def filled(engine: Engine, ada: Tenant) -> dict[str, str]:
    """Ada's corpus: the name of each of its posts, by URN."""
    made = {name: post(NOON + place, text=text) for place, (name, text) in enumerate(CORPUS.items())}
    make_posts(engine, ada.profile, ada.account_id, made.values())
    return {row["urn"]: name for name, row in made.items()}


@pytest.mark.parametrize("sort", ["relevance", "date", "engagement"])
def test_words_find_the_same_posts_on_both_databases(
    engine: Engine, ada: Tenant, filled: dict[str, str], sort: str
) -> None:
    found = {}
    for query, _ in QUERIES:
        answer = search_posts(engine, ada.account_id, query, sort=sort, limit=50)  # type: ignore[arg-type]
        found[query] = {filled[hit.post_id] for hit in answer.hits}
        assert answer.total == len(answer.hits)
        assert not answer.more
    assert found == dict(QUERIES)


@pytest.mark.parametrize("query", ["", "  ", '""', "-data", "*", "!?", "\0", "-", "x" * 501, "a " * 33])
def test_a_text_without_a_word_to_look_for_is_refused(engine: Engine, ada: Tenant, query: str) -> None:
    with pytest.raises(InvalidParameter, match="query"):
        search_posts(engine, ada.account_id, query)


def test_any_text_is_data_and_no_syntax(engine: Engine, ada: Tenant, filled: dict[str, str]) -> None:
    for signs in (
        "'",
        '"',
        "''",
        "\\",
        "a:b",
        "(",
        ")",
        "^a",
        "a + b",
        "{words} : a",
        ":*",
        "a <-> b",
        "!a",
        "&",
        "|",
    ):
        for query in (f"data {signs}", f"{signs} data", f'"data {signs}', f"data{signs}"):
            search_posts(engine, ada.account_id, query)
    search_posts(engine, ada.account_id, "data \ud800 \x00")


def test_another_accounts_posts_are_never_found(engine: Engine, ada: Tenant, bob: Tenant) -> None:
    make_posts(engine, ada.profile, ada.account_id, [post(NOON, text="shared adamarker")])
    make_posts(engine, bob.profile, bob.account_id, [post(NOON, text="shared bobmarker")])
    for who, own, other in ((ada, "adamarker", "bobmarker"), (bob, "bobmarker", "adamarker")):
        assert search_posts(engine, who.account_id, other).total == 0
        assert search_posts(engine, who.account_id, f"shared -{own}").total == 0
        assert [own in h.snippet for h in search_posts(engine, who.account_id, "shared").hits] == [True]
        for asked in ((ada.profile.id, bob.profile.id), (who.profile.id,)):
            assert search_posts(engine, who.account_id, "shared", asked).total == 1


def test_profiles_outside_the_keys_limit_are_never_found(engine: Engine, ada: Tenant) -> None:
    other = create_profile(engine, ada.account_id, "Other")
    make_posts(engine, ada.profile, ada.account_id, [post(NOON, text="shared first")])
    [hidden] = [post(NOON, text="shared second")]
    make_posts(engine, other, ada.account_id, [hidden])
    assert search_posts(engine, ada.account_id, "shared").total == 2
    assert search_posts(engine, ada.account_id, "second", (ada.profile.id,)).total == 0
    assert [h.profile_id for h in search_posts(engine, ada.account_id, "shared", (other.id,)).hits] == [
        other.public_id
    ]
    assert search_posts(engine, ada.account_id, "shared", ()).total == 0
    with pytest.raises(ResourceNotFound):
        get_post(engine, ada.account_id, hidden["urn"], (ada.profile.id,))


def test_a_window_counts_days_in_each_profiles_zone(engine: Engine, ada: Tenant) -> None:
    tokyo = create_profile(engine, ada.account_id, "Tokyo", timezone="Asia/Tokyo")
    for profile in (ada.profile, tokyo):
        late = [post(at, text="word") for at in ("2026-01-01T20:00", "2026-01-02T20:00")]
        make_posts(engine, profile, ada.account_id, late)
    day = date(2026, 1, 2)
    hits = search_posts(engine, ada.account_id, "word", window=(day, day)).hits
    assert {(h.profile_id, h.published_at) for h in hits} == {
        (ada.profile.public_id, "2026-01-02T20:00:00+00:00"),
        (tokyo.public_id, "2026-01-02T05:00:00+09:00"),
    }
    assert {h.date for h in hits} == {"2026-01-02"}


def test_sorted_by_date_and_engagement_and_paged(engine: Engine, ada: Tenant) -> None:
    made = [post(NOON + n, text="word", likes=(n * 7) % 10, comments=0, shares=0) for n in range(10)]
    make_posts(engine, ada.profile, ada.account_id, [*made, post(NOON + 99, text="word")])
    for sort, wanted in (
        ("date", [made[n]["published_at"] for n in reversed(range(10))]),
        ("engagement", [row["published_at"] for row in sorted(made, key=lambda r: -r["likes"])]),
    ):
        urns = {row["urn"]: row["published_at"] for row in made}
        pages = [search_posts(engine, ada.account_id, "word", None, None, sort, 4, n) for n in (0, 4, 8)]  # type: ignore[arg-type]
        assert [page.more for page in pages] == [True, True, False]
        assert [hit.rank for page in pages for hit in page.hits] == list(range(1, 12))
        assert [urns[h.post_id] for page in pages for h in page.hits if h.post_id in urns] == wanted


def test_what_holds_the_words_more_often_comes_first(engine: Engine, ada: Tenant) -> None:
    filler = "and something else that has nothing to do with it at all " * 3
    often = post(NOON, text=f"word word word {filler}")
    make_posts(engine, ada.profile, ada.account_id, [often, post(NOON + 9, text=f"word {filler}, {filler}")])
    assert search_posts(engine, ada.account_id, "word").hits[0].post_id == often["urn"]


def test_more_hits_than_are_ranked_are_told(
    engine: Engine, ada: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flux.search.RANKED", 5)
    make_posts(engine, ada.profile, ada.account_id, [post(NOON + n, text="word") for n in range(8)])
    found = search_posts(engine, ada.account_id, "word", limit=4)
    assert (found.total, found.total_is_known, found.more, len(found.hits)) == (None, False, True, 4)
    assert f"{RANKED:,}" in str(found.note)
    rest = search_posts(engine, ada.account_id, "word", limit=4, offset=4)
    assert (rest.total, rest.more, rest.note) == (8, False, found.note)
    newest = search_posts(engine, ada.account_id, "word", sort="date", limit=50).hits
    ids = [hit.post_id for hit in found.hits + rest.hits]
    assert set(ids[:5]) == {hit.post_id for hit in newest[:5]}
    assert ids[5:] == [hit.post_id for hit in newest[5:]]
    by_date = search_posts(engine, ada.account_id, "word", sort="date", limit=5, offset=5)
    assert [hit.rank for hit in by_date.hits] == [6, 7, 8]


def test_a_snippet_shows_where_the_words_stand(engine: Engine, ada: Tenant) -> None:
    long = f"{'before ' * 80}the Café\n\nof **big** #Data {'after ' * 80}"
    make_posts(engine, ada.profile, ada.account_id, [post(NOON, text=long)])
    [hit] = search_posts(engine, ada.account_id, 'cafe "big data"').hits
    assert "the **Café** of **big #Data** after" in hit.snippet
    assert hit.snippet.startswith("… before")
    assert hit.snippet.endswith("after …")
    assert len(hit.snippet.replace("**", "")) <= 250
    [hit] = search_posts(engine, ada.account_id, "bef*").hits
    assert hit.snippet.startswith("**before** **before**")


def test_changed_and_removed_texts_are_found_as_they_are_now(engine: Engine, ada: Tenant) -> None:
    first, second = post(NOON, text="old words"), post(NOON + 1, text="kept words")
    make_posts(engine, ada.profile, ada.account_id, [first, second])
    assert search_posts(engine, ada.account_id, "words").total == 2
    for changes, found in (
        ({"text": "new words"}, {"old": 0, "new": 1, "words": 2}),
        ({"published_at": NOON - 864_000}, {"new": 1, "words": 2}),
        ({"text": None}, {"new": 0, "words": 1}),
    ):
        with writing(engine) as connection:
            where = (posts.c.account_id == ada.account_id, posts.c.urn == first["urn"])
            connection.execute(update(posts).where(*where).values(**changes))
            connection.execute(update(profiles).values(version=profiles.c.version + 1))
        assert {word: search_posts(engine, ada.account_id, word).total for word in found} == found
    newest = search_posts(engine, ada.account_id, "words", sort="date").hits[0]
    assert newest.post_id == second["urn"]


def test_a_deleted_profile_leaves_no_word_behind(engine: Engine, ada: Tenant, bob: Tenant) -> None:
    for who in (ada, bob):
        make_posts(engine, who.profile, who.account_id, [post(NOON + n, text="word") for n in range(20)])
        assert search_posts(engine, who.account_id, "word").total == 20
    delete_profile(engine, ada.account_id, ada.profile.id)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(indexed)) == 20
        if engine.dialect.name == "sqlite":
            assert connection.scalar(text("SELECT count(*) FROM search_words WHERE words MATCH 'word'")) == 20
            connection.execute(text("INSERT INTO search_words (search_words) VALUES ('integrity-check')"))
    assert search_posts(engine, ada.account_id, "word").hits == []
    assert search_posts(engine, bob.account_id, "word").total == 20


def test_a_deleted_post_leaves_no_word_behind(engine: Engine, ada: Tenant) -> None:
    first, second = post(NOON, text="word"), post(NOON, text="word")
    make_posts(engine, ada.profile, ada.account_id, [first, second])
    assert search_posts(engine, ada.account_id, "word").total == 2
    with writing(engine) as connection:
        connection.execute(
            delete(posts).where(posts.c.account_id == ada.account_id, posts.c.id == first["id"])
        )
    assert [hit.post_id for hit in search_posts(engine, ada.account_id, "word").hits] == [second["urn"]]


def test_new_counts_leave_the_index_as_it_is(engine: Engine, ada: Tenant) -> None:
    make_posts(engine, ada.profile, ada.account_id, [post(NOON, text="word")])
    assert refresh(engine, ada.account_id) == 1
    with writing(engine) as connection:
        connection.execute(update(posts).values(likes=5))
        connection.execute(update(profiles).values(version=profiles.c.version + 1))
    assert refresh(engine, ada.account_id) == 0


def test_indexing_that_was_broken_off_is_completed(
    engine: Engine, ada: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_posts(engine, ada.profile, ada.account_id, [post(NOON + n, text="word") for n in range(30)])
    monkeypatch.setattr(search_index, "CHUNK", 10)
    real, calls = search_index._index, []

    def die(*told: object) -> None:
        calls.append(told)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(*told)  # type: ignore[arg-type]

    monkeypatch.setattr(search_index, "_index", die)
    with pytest.raises(KeyboardInterrupt):
        search_posts(engine, ada.account_id, "word")
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(indexed)) == 10
    assert search_posts(engine, ada.account_id, "word").total == 30


def test_posts_of_one_second_each_have_a_number(engine: Engine, ada: Tenant, bob: Tenant) -> None:
    """Two accounts, the same ids and moments: SQLite's index is shared, its keys may not meet."""
    for who in (ada, bob):
        made = [post(NOON, text="word") | {"id": 1_000 + n} for n in range(50)]
        make_posts(engine, who.profile, who.account_id, made)
        assert search_posts(engine, who.account_id, "word").total == 50
    assert search_posts(engine, ada.account_id, "word").total == 50


def test_searches_and_imports_at_once_end_in_a_whole_index(
    engine: Engine, ada: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_index, "CHUNK", 7)
    faults: list[BaseException] = []

    def act(number: int) -> None:
        try:
            for turn in range(4):
                if number % 2:
                    batch = [post(NOON + n, text=f"word w{number}x{turn}") for n in range(15)]
                    make_posts(engine, ada.profile, ada.account_id, batch)
                search_posts(engine, ada.account_id, "word")
        except BaseException as fault:  # noqa: BLE001 - told below, from the test's own thread
            faults.append(fault)

    threads = [threading.Thread(target=act, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert search_posts(engine, ada.account_id, "word").total == 2 * 4 * 15
    assert search_posts(engine, ada.account_id, "w1x3").total == 15
    if engine.dialect.name == "sqlite":
        with writing(engine) as connection:
            assert (
                connection.scalar(text("SELECT count(*) FROM search_words WHERE words MATCH 'word'")) == 120
            )


def test_a_search_is_four_statements(engine: Engine, ada: Tenant) -> None:
    make_posts(engine, ada.profile, ada.account_id, [post(NOON + n, text="word") for n in range(30)])
    search_posts(engine, ada.account_id, "word")
    statements: list[str] = []

    def note(*told: object) -> None:
        statements.append(str(told[2]))

    event.listen(engine, "before_cursor_execute", note)
    search_posts(engine, ada.account_id, "word")
    event.remove(engine, "before_cursor_execute", note)
    # has anything moved; the profiles; what is found; the page
    assert len([s for s in statements if s.startswith(("SELECT", "WITH"))]) == 4


def test_a_post_is_told_as_in_the_feed(engine: Engine, ada: Tenant) -> None:
    made = [post(NOON + n * 50_000, text=f"#one #two {n}", likes=n, comments=1, shares=0) for n in range(12)]
    made[3]["alias"] = "urn:li:ugcPost:77"
    make_posts(engine, ada.profile, ada.account_id, made)
    rights = Rights(ada.account_id)
    query = ask(engine, rights, "posts", {"range": ["all"]})
    names = [column.name for column in query.columns()]
    feed = {
        row["post_id"]: row for row in (dict(zip(names, r, strict=True)) for r in rows(engine, rights, query))
    }
    for row in made:
        wanted = feed[row["urn"]]
        assert get_post(engine, ada.account_id, row["urn"]) == wanted | {
            "hashtags": wanted["hashtags"] or None
        }
    assert get_post(engine, ada.account_id, "urn:li:ugcPost:77")["post_id"] == made[3]["urn"]
    [hit] = search_posts(engine, ada.account_id, "7").hits
    shared = ("profile_id", "post_id", "url", "published_at", "date", "format", "likes", "comments", "shares",
              "engagement", "adjusted_engagement", "impressions")  # fmt: skip
    assert {name: getattr(hit, name) for name in shared} == {name: feed[hit.post_id][name] for name in shared}


def test_another_accounts_post_is_not_there(engine: Engine, ada: Tenant, bob: Tenant) -> None:
    [row] = [post(NOON, text="word")]
    make_posts(engine, bob.profile, bob.account_id, [row])
    assert get_post(engine, bob.account_id, row["urn"])["text"] == "word"
    with pytest.raises(ResourceNotFound, match="no post"):
        get_post(engine, ada.account_id, row["urn"])
