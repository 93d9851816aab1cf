"""The questions put to Flux and to Datasette: an address there, the same rows by SQL here."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from bench.data import FIRST, LAST, Filled


@dataclass(frozen=True, slots=True)
class Question:
    """One question: Flux's dataset and parameters, Datasette's SQL, and the aims against Datasette."""

    name: str
    title: str
    dataset: str
    parameters: dict[str, str]
    sql: str
    cold: float | None = None
    cached: float | None = None
    wall: float | None = None

    def flux(self, url: str, format: str = "csv") -> str:
        """The address of Flux's answer."""
        return f"{url}/api/v1/datasets/{self.dataset}.{format}?{urlencode(self.parameters | {'safe': '0'})}"

    def datasette(self, url: str) -> str:
        """The address of Datasette's answer."""
        return f"{url}/{self.name}.csv"


def questions(data: Filled) -> list[Question]:
    """All of them, for the profiles of a filled SQLite file with the public ids beside it."""
    one, all_of_them = data.public(0), ",".join(data.public(place) for place in range(50))
    first_profile = data.profiles[0]
    last_90 = _window(90)
    return [
        Question(
            "trends_90", "trends, 1 profile x 90 days", "engagement-trends",
            {"profile_id": one, **last_90}, _trends(90, f"= {first_profile}"), 4, 7,
        ),
        Question(
            "trends_365", "trends, 50 profiles x 365 days", "engagement-trends",
            {"profile_id": all_of_them, **_window(365)}, _trends(365, _among(data)), 8, 400,
        ),
        Question(
            "overview", "overview, 50 profiles x 90 days", "overview",
            {"profile_id": all_of_them, **last_90}, _overview(90, _among(data)), 4,
        ),
        Question(
            "breakdown", "breakdown by hour, 50 profiles, all time", "breakdown",
            {"profile_id": all_of_them, "by": "hour", **_all_time()}, _breakdown(_among(data)), 3,
        ),
        Question(
            "daily", "daily activity, 50 profiles x 365 days", "daily-activity",
            {"profile_id": all_of_them, **_window(365)}, _daily(_among(data)),
        ),
        Question(
            "posts", "posts, 1 profile, 1,500 rows", "posts",
            {"profile_id": one, **_all_time()}, _posts(f"= {first_profile}"), 7,
        ),
        Question(
            "everything", "posts, 50 profiles, 75,000 rows", "posts",
            {"profile_id": all_of_them, **_all_time()}, _posts(_among(data)), wall=5,
        ),
    ]  # fmt: skip


def _window(days: int) -> dict[str, str]:
    return {"from": (LAST - timedelta(days=days - 1)).isoformat(), "to": LAST.isoformat()}


def _all_time() -> dict[str, str]:
    return {"from": FIRST.isoformat(), "to": LAST.isoformat()}


def _among(data: Filled) -> str:
    return f"IN ({','.join(str(id) for id in data.profiles[:50])})"


def _since(days: int) -> int:
    """Unix seconds of the first midnight of a window that ends with LAST."""
    return (LAST.toordinal() - days + 1 - 719_163) * 86_400


END = (LAST.toordinal() + 1 - 719_163) * 86_400
WHO = "SELECT p.*, b.public_id FROM profiles p JOIN bench_ids b ON b.id = p.id WHERE p.id"
SUMS = "count(*) n, count(engagement) m, sum(engagement) e, sum(likes) l, sum(comments) c, sum(shares) s"


def _measured(days_or_all: int | None, which: str, group: str) -> str:
    since = f"AND x.published_at >= {_since(days_or_all)}" if days_or_all else ""
    return (
        f"SELECT x.profile_id, {group}, {SUMS} FROM posts x"
        f" WHERE x.account_id = (SELECT account_id FROM accounts) AND x.profile_id {which}"
        f" {since} AND x.published_at < {END} GROUP BY 1, 2"
    )


def _zero(column: str) -> str:
    return f"CASE WHEN t.n IS NULL THEN 0 ELSE t.{column} END"


def _trends(days: int, which: str) -> str:
    first = LAST - timedelta(days=days - 1)
    return f"""
        WITH RECURSIVE days(day) AS (
            SELECT '{first}' UNION ALL SELECT date(day, '+1 day') FROM days WHERE day < '{LAST}'
        ), who AS ({WHO} {which}),
        t AS ({_measured(days, which, "date(x.published_at, 'unixepoch') day")})
        SELECT who.public_id AS profile_id, who.name AS profile_name, days.day AS date,
            {_zero("e")} AS engagement, {_zero("l")} AS likes, {_zero("c")} AS comments,
            {_zero("s")} AS shares, {_zero("n")} AS posts, {_zero("m")} AS posts_measured
        FROM who CROSS JOIN days LEFT JOIN t ON t.profile_id = who.id AND t.day = days.day
        ORDER BY who.id, days.day"""


def _overview(days: int, which: str) -> str:
    first = LAST - timedelta(days=days - 1)
    totals = _measured(days, which, "max(engagement * 4294967296 + published_at) best")
    return f"""
        WITH who AS ({WHO} {which}), t AS ({totals.replace("GROUP BY 1, 2", "GROUP BY 1")})
        SELECT who.public_id AS profile_id, who.name AS profile_name, '{first}' AS "from", '{LAST}' AS "to",
            {_zero("n")} AS posts, {_zero("m")} AS posts_measured, {_zero("e")} AS engagement,
            {_zero("l")} AS likes, {_zero("c")} AS comments, {_zero("s")} AS shares,
            round(CASE WHEN t.m > 0 THEN 1.0 * t.e / t.m END, 2) AS engagement_per_post,
            round({_zero("n")} * 7.0 / {days}, 2) AS posts_per_week,
            (SELECT url FROM posts b WHERE b.account_id = who.account_id AND b.profile_id = who.id
                AND b.published_at = t.best % 4294967296 AND b.engagement = t.best / 4294967296
                ORDER BY b.id DESC LIMIT 1) AS best_post_url,
            (SELECT followers FROM daily_activity d
                WHERE d.account_id = who.account_id AND d.profile_id = who.id AND d.day <= '{LAST}'
                AND d.followers IS NOT NULL ORDER BY d.day DESC LIMIT 1) AS followers
        FROM who LEFT JOIN t ON t.profile_id = who.id ORDER BY who.id"""


def _breakdown(which: str) -> str:
    hour = "CASE WHEN x.time_known THEN x.published_at / 3600 % 24 END hour"
    return f"""
        WITH RECURSIVE hours(hour) AS (SELECT 0 UNION ALL SELECT hour + 1 FROM hours WHERE hour < 23),
        who AS ({WHO} {which}), t AS ({_measured(None, which, hour)})
        SELECT who.public_id AS profile_id, who.name AS profile_name, 'hour' AS "by",
            printf('%02d:00', hours.hour) AS bucket, hours.hour + 1 AS bucket_order, {_zero("n")} AS posts,
            {_zero("m")} AS posts_measured, {_zero("e")} AS engagement, {_zero("l")} AS likes,
            {_zero("c")} AS comments, {_zero("s")} AS shares,
            round(CASE WHEN t.m > 0 THEN 1.0 * t.e / t.m END, 2) AS engagement_per_post
        FROM who CROSS JOIN hours LEFT JOIN t ON t.profile_id = who.id AND t.hour = hours.hour
        ORDER BY who.id, hours.hour"""


def _daily(which: str) -> str:
    first = LAST - timedelta(days=364)
    return f"""
        WITH RECURSIVE days(day) AS (
            SELECT '{first}' UNION ALL SELECT date(day, '+1 day') FROM days WHERE day < '{LAST}'
        ), who AS ({WHO} {which})
        SELECT who.public_id AS profile_id, who.name AS profile_name, days.day AS date,
            d.impressions, d.engagements, d.new_followers, d.followers
        FROM who CROSS JOIN days LEFT JOIN daily_activity d
            ON d.account_id = who.account_id AND d.profile_id = who.id AND d.day = days.day
        ORDER BY who.id, days.day"""


def _posts(which: str) -> str:
    return f"""
        WITH who AS ({WHO} {which})
        SELECT who.public_id AS profile_id, who.name AS profile_name, x.urn AS post_id, x.url,
            strftime('%Y-%m-%dT%H:%M:%S+00:00', x.published_at, 'unixepoch') AS published_at,
            date(x.published_at, 'unixepoch') AS date, x.text, x.hashtags, x.format, x.length,
            x.likes, x.comments, x.shares, x.engagement, NULL AS adjusted_engagement, x.impressions
        FROM who JOIN posts x ON x.account_id = who.account_id AND x.profile_id = who.id
        WHERE x.published_at < {END} ORDER BY x.published_at DESC, x.id DESC"""
