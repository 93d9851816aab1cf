"""A tool called by name: its arguments checked, the call counted, the result told as data and as text."""

from collections.abc import Callable
from functools import partial
from typing import Any

import orjson

from flux.caller import rights
from flux.describe.tool import BY_NAME
from flux.mcp.arguments import check
from flux.mcp.lists import list_datasets, list_profiles
from flux.mcp.metrics import run_metric
from flux.mcp.posts import get_post, score_post, search_posts
from flux.mcp.queries import query_dataset
from flux.mcp.wire import INVALID_PARAMS, Wrong
from flux.mistakes import Mistake, RateLimited, Unavailable
from flux.quotas import spend
from flux.serve import Rights
from flux.store.vault import Holder

Result = dict[str, Any]

CALLS: dict[str, Callable[[Rights, dict[str, Any]], Result]] = {
    "list_profiles": list_profiles,
    "list_datasets": list_datasets,
    "query_dataset": query_dataset,
    "search_posts": search_posts,
    "get_post": get_post,
    "score_post": score_post,
}

# Which tool helps on, by the mistake's code.
HINTS = {
    "profile_not_found": "Here the tool list_profiles does.",
    "post_not_found": "The tools search_posts and query_dataset (dataset posts) give ids of posts.",
    "metric_not_found": "The tool list_datasets lists the metrics that agents may run.",
}


def call(holder: Holder, params: dict[str, Any]) -> Result:
    """The result of one call. Raises Wrong for a tool that is none, RateLimited and Unavailable.

    What the agent itself can put right is a result too, marked as an error: so it reads it, and tries again.
    """
    name, arguments = params.get("name"), params.get("arguments")
    tool = BY_NAME.get(name) if isinstance(name, str) else None
    if tool is None:
        raise Wrong(INVALID_PARAMS, f"There is no tool of that name. There are: {', '.join(BY_NAME)}.")
    arguments = {} if arguments is None else arguments
    if not isinstance(arguments, dict):
        raise Wrong(INVALID_PARAMS, "'arguments' must be an object.")
    spend(holder)
    try:
        return _told(_run(holder, tool.name)(rights(holder), check(tool, arguments)))
    except (RateLimited, Unavailable):
        raise
    except Mistake as mistake:
        return _mistake(mistake)


def _run(holder: Holder, name: str) -> Callable[[Rights, dict[str, Any]], Result]:
    if name == "run_metric":
        return partial(run_metric, asked_by=f"{holder.key.hint} {holder.key.name}")
    return CALLS[name]


def _told(result: Result) -> Result:
    """The result once as data, and once more as text, for clients that read nothing else."""
    written = orjson.dumps(result)
    content = [{"type": "text", "text": written.decode()}]
    return {"content": content, "structuredContent": orjson.Fragment(written), "isError": False}


def _mistake(mistake: Mistake) -> Result:
    hint = HINTS.get(mistake.code, "")
    return {"content": [{"type": "text", "text": f"{mistake.message} {hint}".strip()}], "isError": True}
