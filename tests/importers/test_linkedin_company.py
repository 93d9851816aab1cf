"""The company page's export: boosted posts, other languages, old layouts, files saved anew."""

import csv
import io

import pytest

from tests.importers.making import activity, feed, read, workbook

MS = 1_741_931_947_000
POSTS = [
    "Post title",
    "Post link",
    "Post type",
    "Campaign name",
    "Posted by",
    "Created date",
    "Campaign start date",
    "Campaign end date",
    "Audience",
    "Impressions",
    "Views",
    "Offsite Views",
    "Clicks",
    "Click through rate (CTR)",
    "Likes",
    "Comments",
    "Reposts",
    "Follows",
    "Engagement rate",
    "Content Type",
]
SPANISH = [
    "Título de la publicación",
    "Enlace de la publicación",
    "Tipo de publicación",
    "Campaña",
    "Autor",
    "Fecha de creación",
    "Inicio",
    "Fin",
    "Público",
    "Impresiones",
    "Visualizaciones",
    "Fuera",
    "Clics",
    "CTR",
    "Recomendaciones",
    "Comentarios",
    "Veces compartido",
    "Seguimientos",
    "Tasa de interacción",
    "Tipo de contenido",
]
KINDS = ("organic", "sponsored", "total")
METRICS = [
    "Date",
    *(f"Impressions ({kind})" for kind in KINDS),
    "Unique impressions (organic)",
    *(f"{w} ({k})" for w in ("Clicks", "Reactions", "Comments", "Reposts", "Engagement rate") for k in KINDS),
]


def post(kind: str, likes: int, ms: int = MS, content: str = "", told: str = "03/14/2025") -> list[object]:
    return [
        "Text\n#Tag",
        feed(activity(ms)),
        kind,
        "",
        "Admin",
        told,
        "",
        "",
        "All",
        10 * likes,
        "",
        "",
        1,
        0.1,
        likes,
        2,
        1,
        "",
        0.1,
        content,
    ]


def as_csv(rows: list[list[object]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


def test_of_a_boosted_post_the_total_row_counts_whatever_the_order() -> None:
    rows = [post("Organic", 5), post("Sponsored", 70), post("Sponsored", 20), post("Total", 95)]
    for order in (rows, rows[::-1]):
        found = read(workbook({"All posts": [["Engagement metrics"], POSTS, *order]}))
        assert [p.likes for p in found.posts] == [95]


def test_organic_stands_in_where_there_is_no_total_and_sponsored_never() -> None:
    rows = [post("Sponsored", 70), post("Organic", 5), post("Sponsored", 8, ms=MS + 10_000)]
    found = read(workbook({"All posts": [["Engagement metrics"], POSTS, *rows]}))
    assert [p.likes for p in found.posts] == [5]
    assert "Sponsored" in found.left_out[0].why


@pytest.mark.parametrize("above", [[], [["A sentence."]], [["Table 1"], ["A sentence."]]])
def test_the_header_is_found_wherever_it_stands(above: list[list[str]]) -> None:
    found = read(workbook({"All posts": [*above, POSTS, post("Organic", 5, content="Video")]}))
    assert [(p.likes, p.comments, p.shares, p.impressions, p.format) for p in found.posts] == [
        (5, 2, 1, 50, "video")
    ]
    assert found.read_at is None


def test_spanish_and_unknown_languages_are_read_by_name_and_by_place() -> None:
    unknown = [f"κολόνα {n}" for n in range(20)]
    for header in (SPANISH, unknown):
        found = read(workbook({"Hoja": [["x"], header, post("Orgánico", 5), post("Total", 9)]}))
        assert [(p.likes, p.comments, p.shares, p.impressions) for p in found.posts] == [(9, 2, 1, 90)]


def test_a_csv_saved_anew_is_the_same_file() -> None:
    for delimiter in ",;\t":
        found = read(as_csv([["x"], POSTS, post("Organic", 5)], delimiter))
        assert (found.importer, found.posts[0].likes, found.posts[0].text) == (
            "linkedin_company",
            5,
            "Text\n#Tag",
        )


def test_daily_figures_are_the_totals_and_may_be_negative() -> None:
    rows = [METRICS, ["02/14/2025", *(n for n in range(1, 20))], ["02/15/2025", *([0] * 15), -2, 0, 0, 0]]
    found = read(workbook({"Metrics": [["x"], *rows]}))
    impressions, reactions, comments, reposts = (
        3,
        10,
        13,
        16,
    )  # the columns' places, whose cells hold their number
    assert found.days[0].impressions == impressions
    assert found.days[0].engagements == reactions + comments + reposts
    assert found.days[1].engagements == -2


def test_the_layout_of_2020_is_read() -> None:
    header = [
        "Update title",
        "Update link",
        "Update type",
        "Campaign name",
        "Posted by",
        "Created date",
        "Campaign start date",
        "Campaign end date",
        "Audience",
        "Impressions",
        "Video views",
        "Clicks",
        "Click through rate (CTR)",
        "Likes",
        "Comments",
        "Shares",
        "Follows",
        "Engagement rate",
    ]
    row = [
        "Text",
        feed(activity(MS)),
        "Organic",
        "",
        "Admin",
        "03/14/2025",
        "",
        "",
        "All",
        50,
        0,
        1,
        0.1,
        5,
        2,
        3,
        0,
        0.1,
    ]
    found = read(
        workbook({"Update metrics (aggregated)": [["x"]], "Update engagement": [["x"], header, row]})
    )
    assert [(p.likes, p.comments, p.shares) for p in found.posts] == [(5, 2, 3)]


def test_the_followers_file_tells_new_followers_a_day() -> None:
    header = ["Date", "Sponsored followers", "Organic followers", "Auto-invited followers", "Total followers"]
    rows = [header, ["02/14/2025", 1, 2, 3, 6], ["02/15/2025", 0, 2, 0, 2]]
    found = read(workbook({"New followers": rows, "Location": [["Location", "Total followers"], ["X", 5]]}))
    assert [(day.day, day.new_followers, day.followers) for day in found.days] == [
        ("2025-02-14", 6, None),
        ("2025-02-15", 2, None),
    ]
    assert found.left_out[0].where == "sheet Location"
