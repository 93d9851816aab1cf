"""The front page and a profile's dashboard."""

from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from flux.catalog.breakdown import BUCKETS
from flux.catalog.engagement_trends import ENGAGEMENT_TRENDS
from flux.catalog.query import Profile
from flux.catalog.ranges import RANGES
from flux.demo import make_demo
from flux.demo_metrics import make_metrics
from flux.extensions import engine
from flux.mistakes import Mistake, ProfileNotFound
from flux.store.accounts import count_users
from flux.store.profiles import find_profile, find_profiles
from flux.web.answers import answer, best_posts
from flux.web.charts import buckets, chart_of, trend
from flux.web.session import ask_to_sign_in, back_to, me, signed_in

blueprint = Blueprint("overview", __name__)

PROFILES_PER_PAGE = 12
BEST_POSTS = 5
DEFAULT_RANGE = "last_90_days"
FIGURES = ("engagement", "posts", "engagement_per_post", "likes", "comments", "shares")


@blueprint.get("/")
def overview() -> Response | str:
    """A card for each profile with its engagement over time, and the best posts of all."""
    if not current_user.is_authenticated:
        return ask_to_sign_in() if count_users(engine) else redirect(url_for("account.setup"))
    account = me().account_id
    every = find_profiles(engine, account)
    page = max(1, request.args.get("page", 1, type=int))
    shown = every[(page - 1) * PROFILES_PER_PAGE : page * PROFILES_PER_PAGE]
    window = _range(account, shown)
    return render_template(
        "overview.html",
        cards=_cards(account, shown, window) if shown else [],
        best=best_posts(account, _about(shown, window), BEST_POSTS) if shown else [],
        ranges=RANGES,
        range=window,
        page=page,
        more=len(every) > page * PROFILES_PER_PAGE,
        some=bool(every),
    )


def _range(account: int, profiles: list[Profile]) -> str:
    """The window asked for; else the last 90 days, or everything where nothing was published in them."""
    asked = request.args.get("range")
    if asked in RANGES:
        return asked
    recent = answer(account, "overview", _about(profiles, DEFAULT_RANGE)).records() if profiles else []
    return DEFAULT_RANGE if any(r["posts"] for r in recent) else "all"


def _about(profiles: list[Profile], window: str, compared: bool = False, **more: str) -> dict[str, list[str]]:
    """A question about these profiles and that window; `all` has nothing before it to be compared with."""
    asked = {"range": [window], "profile_id": [p.public_id for p in profiles]}
    asked |= {"compare": ["previous"]} if compared and window != "all" else {}
    return asked | {name: [value] for name, value in more.items()}


def _granularity(account: int, profiles: list[Profile], window: str) -> str:
    """The one that gives a readable number of points."""
    span = answer(account, "overview", _about(profiles, window), 0).query.window.days
    return "daily" if span <= 31 else "weekly" if span <= 210 else "monthly"


def _cards(account: int, profiles: list[Profile], window: str) -> list[dict[str, Any]]:
    totals = {
        r["profile_id"]: r for r in answer(account, "overview", _about(profiles, window, True)).records()
    }
    granularity = _granularity(account, profiles, window)
    trends = answer(
        account, "engagement-trends", _about(profiles, window, True, granularity=granularity)
    ).records()
    cards = []
    for profile in profiles:
        own = [r for r in trends if r["profile_id"] == profile.public_id]
        chart = (
            trend(own, "engagement", "Engagement", compared=window != "all")
            if totals[profile.public_id]["posts"]
            else None
        )
        cards.append(
            {
                "profile": profile,
                "totals": totals[profile.public_id],
                "chart": chart,
                "granularity": granularity,
            }
        )
    return cards


@blueprint.get("/profiles/<public_id>")
@signed_in
def profile(public_id: str) -> str:
    """A profile's dashboard."""
    account, found = me().account_id, find_own(public_id)
    window = _range(account, [found])
    granularity = request.args.get("granularity", "")
    if granularity not in ENGAGEMENT_TRENDS.granularities:
        granularity = _granularity(account, [found], window)
    trends = answer(account, "engagement-trends", _about([found], window, True, granularity=granularity))
    daily = answer(account, "daily-activity", _about([found], window)).records()
    return render_template(
        "profile.html",
        profile=found,
        totals=answer(account, "overview", _about([found], window, True)).records()[0],
        trends=chart_of(trends),
        breakdowns=[_breakdown(account, found, window, by) for by in BUCKETS],
        daily=[
            trend(daily, c, t)
            for c, t in (("impressions", "Impressions a day"), ("new_followers", "New followers a day"))
        ]
        if daily
        else [],
        best=best_posts(account, _about([found], window), BEST_POSTS),
        ranges=RANGES,
        range=window,
        granularities=ENGAGEMENT_TRENDS.granularities,
        granularity=granularity,
        figures=FIGURES,
    )


def _breakdown(account: int, profile: Profile, window: str, by: str) -> Any:
    records = answer(account, "breakdown", _about([profile], window, by=by)).records()
    return buckets(records, f"Engagement per post by {by.replace('_', ' ')}", "engagement_per_post")


def find_own(public_id: str) -> Profile:
    """The account's profile of that id; 404 for any other."""
    try:
        return find_profile(engine, me().account_id, public_id)
    except ProfileNotFound:
        abort(404, "There is no such profile here.")


@blueprint.post("/demo")
@signed_in
def demo() -> Response:
    """Puts sample data into the account."""
    try:
        made = make_demo(engine, me().account_id)
        metrics = make_metrics(engine, current_app.config, me().account_id, me().id)
    except Mistake as wrong:
        flash(wrong.message)
    else:
        flash(
            f"Sample data are in: {', '.join(p.name for p in made)}, and {len(metrics)} metrics. Delete them "
            f"whenever you like."
        )
    return back_to(url_for("overview.overview"))
