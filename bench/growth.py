"""The same profile's trends while the database around it grows: equal cost is the aim."""

from collections.abc import Callable, Iterator
from urllib.parse import urlencode

from bench.data import LAST, Filled
from bench.load import Target
from bench.servers import COLD, Servers
from bench.table import Figure, Pace, alternate, milliseconds

DAYS = 90
MOST = 1.25  # as much CPU as in the smallest database; the rest is noise and a deeper index


def measure(
    servers: Servers, sizes: list[int], make: Callable[[int], Filled], pace: Pace
) -> Iterator[Figure]:
    """One database per size, asked in turn; the figure is the cost against that in the smallest."""
    targets = {}
    for size in sizes:
        data = make(size)
        server = servers.flux(data, COLD)
        first = LAST.fromordinal(LAST.toordinal() - DAYS + 1)
        question = urlencode(
            {"profile_id": data.public(0), "from": first.isoformat(), "to": LAST.isoformat()}
        )
        url = f"{server.url}/api/v1/datasets/engagement-trends.csv?{question}"
        targets[f"{size:,}"] = Target(url, [server.process.pid], data.header)
    costs = alternate(targets, pace)
    smallest, *others = costs
    for size in others:
        ratio = costs[size].cpu / costs[smallest].cpu
        note = milliseconds(before=costs[smallest].cpu, after=costs[size].cpu) + " of CPU"
        title = f"trends of one profile, {smallest} to {size} posts in all"
        yield Figure(title, ratio, MOST, less_is_better=True, note=note)
