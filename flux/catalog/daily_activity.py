"""daily-activity: LinkedIn's own daily figures, whatever was published when."""

from flux.catalog import params
from flux.catalog.declare import PROFILE_COLUMNS, Column, Dataset

DAILY_ACTIVITY = Dataset(
    name="daily-activity",
    title="Daily activity",
    grain="one row per profile and day",
    help=(
        "What happened on each day to all posts together, from the exports' daily sheets, in LinkedIn's own "
        "days (UTC). "
        "Empty where no export covers the day. Negative figures are real: LinkedIn takes counts back."
    ),
    columns=(
        *PROFILE_COLUMNS,
        Column("date", "date", "The day."),
        Column("impressions", "integer", "How often posts were shown.", "metric", "impressions", True),
        Column(
            "engagements",
            "integer",
            "Interactions as the export counts them; for company pages reactions, comments and reposts.",
            "metric",
            "interactions",
            True,
        ),
        Column("new_followers", "integer", "Followers gained.", "metric", "followers", True),
        Column(
            "followers",
            "integer",
            "Followers in total, on the days an export states it.",
            "metric",
            "followers",
            True,
            additive=False,
        ),
    ),
    params=(*params.WINDOW, *params.WRITING),
    example="range=last_30_days&format=csv",
    limits={"profiles": params.MAX_PROFILES, "cells": params.MAX_CELLS},
    key=("profile_id", "date"),
)
