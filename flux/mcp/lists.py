"""list_profiles and list_datasets: what there is to ask about."""

from typing import Any

from flux.catalog import CATALOG
from flux.catalog.query import Profile
from flux.describe.tool import describe_dataset
from flux.extensions import engine
from flux.mcp import cursors
from flux.mcp.metrics import metrics_for
from flux.mcp.plain import clean, clean_all
from flux.schemas.base import instant
from flux.serve import Rights
from flux.store.profiles import find_profiles

USUAL_PROFILES = 100


def list_profiles(allowed: Rights, arguments: dict[str, Any]) -> dict[str, Any]:
    """A page of the profiles that the key may see."""
    every = find_profiles(engine, allowed.account_id, (), allowed.profiles)
    state = cursors.mark([p.id for p in every])
    begin, count = cursors.begin(arguments, state), arguments.get("limit", USUAL_PROFILES)
    shown = every[begin : begin + count]
    page = cursors.page(arguments, state, begin, len(shown), len(every) > begin + count)
    return {"profiles": [_profile(p) for p in shown], **page}


def _profile(profile: Profile) -> dict[str, Any]:
    imported = profile.first_post_at is not None or profile.first_day is not None
    return {
        "id": profile.public_id,
        "name": clean(profile.name),
        "kind": profile.kind,
        "url": profile.url and clean(profile.url),
        "timezone": profile.zone,
        "first_post_at": _instant(profile.first_post_at),
        "data_updated_at": _instant(profile.updated_at if imported else None),
    }


def _instant(seconds: int | None) -> str | None:
    return None if seconds is None else instant(seconds)


def list_datasets(allowed: Rights, _arguments: dict[str, Any]) -> dict[str, Any]:
    """The datasets that the key may read, and the metrics that it may run."""
    names = [name for name in CATALOG if allowed.datasets is None or name in allowed.datasets]
    return {
        "datasets": [describe_dataset(CATALOG[name]) for name in names],
        "metrics": clean_all(metrics_for(allowed)),
    }
