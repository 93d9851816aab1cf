"""What reads the clock or chance, and so has another answer in a while, is told from what does not."""

from typing import Any

import pytest

from flux.clock import reads_clock


@pytest.mark.parametrize(
    "text",
    [
        "date('now', '-7 days')",
        "CURRENT_TIMESTAMP",
        "`current_date`()",
        "date ( /* today */ )",
        "`date`()",
        "[time]()",
        '"Unixepoch"()',
        "unixepoch('subsec')",
        "strftime('%Y')",
        "strftime('%H:%M:%S (%d)')",
        "strftime('%M, %S')",
        "strftime(replace('%M, %S', ',', ''))",
        "date(date())",
        "date(max(date, date()))",
        "date('no' || 'w')",
        "date(char(110, 111, 119))",
        "date(x'6e6f77')",
        "date(coalesce(date, 'no' || 'w'))",
        "date(text ->> '$[0]')",
        "date((SELECT 'no' || 'w'))",
        "date(day) FROM (SELECT 'NOW' AS day)",
        "date(value) FROM json_each('[\"now\"]')",
        "date(day) FROM (SELECT trim(' now ') AS day)",
        "random()",
        f"{')' * 3_000}date({'max(' * 3_000}",
        f"{'date(max(' * 3_000}date{'))' * 3_000}",  # looked through, it would take seconds
    ],
)
def test_what_reads_the_clock_or_chance_is_seen(text: str) -> None:
    assert reads_clock(f"SELECT {text}", {})


def test_now_is_a_word_where_no_time_is_told() -> None:
    assert not reads_clock("SELECT count(*) FROM eventsTable WHERE name = 'buy now'", {})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("@{v}", "now"),
        ("'@{v}'", "Now"),
        ("'n@{v}'", "ow"),
        ("@{v}", ["2026-01-01", "now"]),
        ("@{v}", []),
    ],
)
def test_a_variable_may_read_the_clock(text: str, value: Any) -> None:
    assert reads_clock(f"SELECT date({text})", {"v": value})


@pytest.mark.parametrize(
    "text",
    [
        "date, snow FROM posts -- until now",
        "'buy snow', current_dates, random, date FROM posts",
        "date(date, '-7 days'), strftime('%Y', p.date), datetime(\"published_at\") FROM posts p",
        "date(date, '-' || likes || ' days') FROM posts",
        "date(timestamp / 1000, 'unixepoch'), date(properties.sent), date(2460000.5) FROM eventsTable",
        "strftime('%w', date(date, 'start of month')) FROM posts",
        "julianday(max(date)) - julianday(min(p.date)), date(coalesce(date, '2026-01-01')) FROM posts p",
        "date('2026-01-01')",
        "day FROM date(day)",
    ],
)
def test_what_does_not_is_left_alone(text: str) -> None:
    assert not reads_clock(f"SELECT @{{v}}, date(@{{v}}, '+1 day'), {text}", {"v": "2026-01-01"})
