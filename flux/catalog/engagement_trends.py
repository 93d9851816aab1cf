"""engagement-trends: a time series without gaps."""

from flux.catalog import params
from flux.catalog.declare import MEASURES, POSTS, POSTS_MEASURED, PROFILE_COLUMNS, Column, Dataset

ENGAGEMENT_TRENDS = Dataset(
    name="engagement-trends",
    title="Engagement trends",
    grain="one row per profile and period",
    help=(
        "Engagement of the posts published in each day, week or month. Every period of the window has its "
        "row: "
        "0 where nothing was published, empty where none of its posts was measured. A period that the window "
        "cuts counts only the days inside it."
    ),
    columns=(
        *PROFILE_COLUMNS,
        Column("date", "date", "First day of the period."),
        *MEASURES,
        POSTS,
        POSTS_MEASURED,
    ),
    params=(*params.WINDOW, params.GRANULARITY, params.COMPARE, *params.WRITING),
    example="granularity=weekly&range=last_90_days&format=csv",
    granularities=("daily", "weekly", "monthly"),
    limits={"profiles": params.MAX_PROFILES, "cells": params.MAX_CELLS},
    key=("profile_id", "date"),
    compared_window=("previous_date",),
)
