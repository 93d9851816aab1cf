"""The personal export in other languages and years: the same figures, whatever is written how."""

from datetime import UTC, date, datetime, timedelta

import pytest

from flux.importers.records import Options, UnreadableFile
from tests.importers.making import activity, feed, read, workbook

START = date(2026, 6, 1)
WORDS = {
    "en": (
        ("DISCOVERY", "ENGAGEMENT", "TOP POSTS", "FOLLOWERS", "DEMOGRAPHICS"),
        (
            "Overall Performance",
            "Impressions",
            "Date",
            "Engagements",
            "Total followers on {}:",
            "New followers",
        ),
        "%m/%d/%Y",
    ),
    "it": (
        ("SCOPERTA", "INTERESSE", "POST PRINCIPALI", "FOLLOWER", "DATI DEMOGRAFICI"),
        (
            "Rendimento complessivo",
            "Impressioni",
            "Data",
            "Interazioni",
            "Follower totali il giorno {}",
            "Nuovi follower",
        ),
        "%d/%m/%Y",
    ),
    "de": (
        ("ENTDECKUNG", "INTERAKTIONEN", "TOP-BEITRÄGE", "FOLLOWER", "DEMOGRAFIEN"),
        (
            "Gesamtleistung",
            "Impressionen",
            "Datum",
            "Interaktionen",
            "Follower:innen am {}",
            "Neue Follower:innen",
        ),
        "%d.%m.%Y",
    ),
    "pt": (
        ("Descoberta", "Engajamento", "Publicações mais em alta", "Seguidores", "Dados demográficos"),
        (
            "Desempenho geral",
            "Impressões",
            "Data",
            "Engajamentos",
            "Total de seguidores em {}",
            "Novos seguidores",
        ),
        "%d/%m/%Y",
    ),
}


def export(language: str = "en", days: int = 7, as_text: bool = False, discovery: bool = True) -> bytes:
    """An export from 1 June 2026 on: day n has 1000 + n impressions, n engagements, -n new followers."""
    names, (whole, impressions, day, engagements, total, new), form = WORDS[language]

    def told(moment: date) -> str:
        parts = moment.strftime(form)
        return parts.replace("/0", "/").removeprefix("0") if "/" in form else parts

    def number(count: int) -> object:
        mark = {"en": ",", "it": "."}.get(language, "")
        return f"{count:,}".replace(",", mark) if as_text else count

    calendar = [START + timedelta(days=n) for n in range(days)]
    ms = int(datetime(2026, 6, 3, 9, 30, 15, tzinfo=UTC).timestamp() * 1000)
    left, right = (
        feed(activity(ms)),
        f"https://www.linkedin.com/posts/ada_share-a-thing-share-{ms + 90_000_000 << 22}-abcd",
    )
    sheets = {
        names[0]: [
            [whole, f"{told(calendar[0])} - {told(calendar[-1])}"],
            [impressions, number(sum(1000 + n for n in range(days)))],
            ["Members reached", number(5)],
        ],
        names[1]: [
            [day, impressions, engagements],
            *([told(d), number(1000 + n), number(n)] for n, d in enumerate(calendar)),
        ],
        names[2]: [
            ["Maximum of 50 posts available to include in this list"],
            [],
            ["URL", day, engagements, "", "URL", day, impressions],
            [left, told(date(2026, 6, 3)), number(1146), "", right, told(date(2026, 6, 4)), number(12463)],
        ],
        names[3]: [
            [total.format(told(calendar[-1])), number(1782)],
            [],
            [day, new],
            *([told(d), number(-n)] for n, d in enumerate(calendar)),
        ],
        names[4]: [["Top", "Value", "%"], ["Company", "X", "< 1%"], ["Company", "Y", "2%"]],
    }
    return workbook({name: rows for name, rows in sheets.items() if discovery or name != names[0]})


@pytest.mark.parametrize("as_text", [False, True], ids=["numbers", "all text"])
@pytest.mark.parametrize("language", WORDS)
def test_every_language_gives_the_same(language: str, as_text: bool) -> None:
    found = read(export(language, as_text=as_text))
    assert [day.day for day in found.days] == [f"2026-06-0{n}" for n in range(1, 8)]
    assert [day.impressions for day in found.days] == list(range(1000, 1007))
    assert [day.engagements for day in found.days] == list(range(7))
    assert [day.new_followers for day in found.days] == [-n for n in range(7)]
    assert found.days[-1].followers == 1782
    left, right = found.posts
    assert (left.engagement, left.impressions) == (1146, None)
    assert (right.engagement, right.impressions) == (None, 12463)
    assert datetime.fromtimestamp(left.published_at, UTC) == datetime(2026, 6, 3, 9, 30, 15, tzinfo=UTC)
    assert right.urn.startswith("urn:li:share:")
    assert [row.where for row in found.left_out] == [f"sheet {WORDS[language][0][4]}"]


@pytest.mark.parametrize(("form", "last"), [("{}/6/2026", "2026-06-07"), ("6/{}/2026", "2026-06-07")])
def test_seven_ambiguous_days_are_settled_by_standing_in_a_row(form: str, last: str) -> None:
    days = [[form.format(n), 5, 1] for n in range(1, 8)]
    total = [[f"Total on {form.format(7)}:", 9]]
    found = read(workbook({"A": [["Date", "Impressions", "Engagements"], *days], "B": total}))
    assert [found.days[0].day, found.days[-1].day] == ["2026-06-01", last]


def test_the_ids_of_posts_settle_the_order_of_a_single_day() -> None:
    ms = int(datetime(2026, 6, 1, 9, tzinfo=UTC).timestamp() * 1000)
    top = [["Posts"], [], ["URL", "Date", "Engagements"], [feed(activity(ms)), "6/1/2026", 3]]
    days = [["Date", "Impressions", "Engagements"], ["6/1/2026", 5, 1]]
    assert read(workbook({"A": days, "B": top})).days[0].day == "2026-06-01"


def one_day(told: str = "6/1/2026") -> bytes:
    return workbook(
        {"A": [["Date", "Impressions", "Engagements"], [told, 5, 1]], "B": [[f"Total on {told}:", 9]]}
    )


def test_one_ambiguous_day_is_refused_with_the_option_that_settles_it() -> None:
    with pytest.raises(UnreadableFile, match="day_first"):
        read(one_day())
    assert read(one_day(), options=Options(day_first=True)).days[0].day == "2026-01-06"
    assert read(one_day(), options=Options(day_first=False)).days[0].day == "2026-06-01"


def test_the_days_in_the_files_name_settle_the_order() -> None:
    found = read(one_day(), name="AnalisiAggregate_Ada Rossi_2026-01-06_2026-01-06 (1).xlsx")
    assert found.days[0].day == "2026-01-06"
    with pytest.raises(UnreadableFile, match="day_first"):
        read(one_day(), name="Content_2026-13-01_2026-13-32_Ada.xlsx")


def test_a_row_that_is_no_count_is_left_out_with_its_place() -> None:
    content = workbook(
        {
            "A": [["Date", "Impressions", "Engagements"], ["6/13/2026", 5, 1], ["6/14/2026", "0.12", 1]],
            "B": [["Total on 6/14/2026:", 9]],
        }
    )
    found = read(content)
    assert found.left_out[0].where == "sheet A, row 3"
    assert "'0.12' is no count" in found.left_out[0].why
    assert [day.day for day in found.days] == ["2026-06-13", "2026-06-14"]
    assert found.days[1].impressions is None
