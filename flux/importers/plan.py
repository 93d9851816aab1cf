"""What an import will write, worked out before anything is written."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Connection

from flux.ids import new_ids
from flux.importers.matching import match
from flux.importers.merge import (
    as_post,
    as_snapshot,
    combine,
    combine_day,
    combine_snapshots,
    resolve,
)
from flux.importers.records import Extract
from flux.importers.rows import Day, Post, Snapshot
from flux.store import imports as statements
from flux.store.tables import daily_activity, post_snapshots, posts

_Key = tuple[str, int, int]  # source, window_start, read_at


@dataclass(slots=True)
class Plan:
    """Rows to add, rows to replace, posts to remove because they turned out to be others."""

    new_posts: list[Post] = field(default_factory=list)
    known_posts: list[Post] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    new_snapshots: list[Snapshot] = field(default_factory=list)
    known_snapshots: list[Snapshot] = field(default_factory=list)
    new_days: list[Day] = field(default_factory=list)
    known_days: list[Day] = field(default_factory=list)
    posts_updated: int = 0
    posts_unchanged: int = 0
    days_updated: int = 0
    days_unchanged: int = 0

    @property
    def changed(self) -> bool:
        """Whether any feed will show something else."""
        return bool(
            self.new_posts or self.new_days or self.removed or self.posts_updated or self.days_updated
        )

    def counts(self) -> dict[str, int]:
        """The figures of the report."""
        return {
            "posts_added": len(self.new_posts),
            "posts_updated": self.posts_updated,
            "posts_unchanged": self.posts_unchanged,
            "days_added": len(self.new_days),
            "days_updated": self.days_updated,
            "days_unchanged": self.days_unchanged,
        }

    def write(
        self, connection: Connection, account_id: int, profile_id: int, tell: Callable[[str, int, int], None]
    ) -> None:
        """Writes it all in the transaction that `connection` is in."""
        whole, account = (account_id, profile_id), (account_id,)
        batches = (
            (posts, whole, Post._fields, (self.new_posts, self.known_posts)),
            (post_snapshots, account, Snapshot._fields, (self.new_snapshots, self.known_snapshots)),
            (daily_activity, whole, Day._fields, (self.new_days, self.known_days)),
        )
        total, done = sum(len(rows) for *_, pair in batches for rows in pair), 0

        def count(rows: int) -> None:
            nonlocal done
            done += rows
            tell("writing", done, total)

        count(0)
        statements.remove_posts(connection, account_id, self.removed)
        for table, tenant, columns, rows in batches:
            statements.write_rows(connection, table, tenant, columns, rows, count)


def make_plan(connection: Connection, account_id: int, profile_id: int, found: Extract, read_at: int) -> Plan:
    """Compares `found` with what is stored; `read_at` stands in where the file tells none."""
    plan, read_at = Plan(), found.read_at or read_at
    if found.posts:
        _plan_posts(plan, connection, account_id, profile_id, found, read_at)
    if found.days:
        _plan_days(plan, connection, account_id, profile_id, found, read_at)
    return plan


def _plan_posts(
    plan: Plan, connection: Connection, account_id: int, profile_id: int, found: Extract, read_at: int
) -> None:
    identities = statements.read_identities(connection, account_id, profile_id)
    matches = match(found.posts, [(row.id, row.urn, row.alias) for row in identities])
    ids = sorted({post_id for matched in matches for post_id in matched})
    stored = {
        row.id: Post._make(row) for row in statements.read_posts(connection, account_id, ids, Post._fields)
    }
    told: dict[int, dict[_Key, Snapshot]] = defaultdict(dict)
    for row in statements.read_snapshots(connection, account_id, ids, Snapshot._fields):
        stored_one = Snapshot._make(row)
        told[stored_one.post_id][stored_one[1:4]] = stored_one
    known: dict[int, Post] = {}
    moved = _join(plan, stored, known, told, matches)
    for post_id, record, matched in zip(new_ids(len(matches)), found.posts, matches, strict=True):
        kept = _end(moved, matched[0]) if matched else post_id
        snapshot = as_snapshot(kept, record, found.importer, found.window_start, read_at)
        post = as_post(kept, record, read_at)
        if matched:
            known[kept] = combine(known.get(kept) or stored[kept], post)
            if snapshot:
                _add_snapshot(plan, told[kept], snapshot)
        else:
            plan.new_posts.append(resolve(post, [snapshot]) if snapshot else post)
            plan.new_snapshots += [snapshot] if snapshot else []
    for kept, post in known.items():
        _compare_post(plan, stored[kept], resolve(post, list(told[kept].values())))


def _join(
    plan: Plan,
    stored: dict[int, Post],
    known: dict[int, Post],
    told: dict[int, dict[_Key, Snapshot]],
    matches: list[tuple[int, ...]],
) -> dict[int, int]:
    """Joins stored posts that a record shows to be one: the younger one's facts and counts go to the older.

    Gives the id that each removed one went to.
    """
    moved: dict[int, int] = {}
    for pair in matches:
        kept, gone = (_end(moved, post_id) for post_id in (pair[0], pair[-1])) if pair else (0, 0)
        if kept == gone:
            continue
        kept, gone = min(kept, gone), max(kept, gone)
        known[kept] = combine(known.get(kept) or stored[kept], known.pop(gone, stored[gone]))
        for snapshot in told.pop(gone, {}).values():
            _add_snapshot(plan, told[kept], snapshot._replace(post_id=kept))
        plan.removed.append(gone)
        moved[gone] = kept
    plan.new_snapshots = [snapshot for snapshot in plan.new_snapshots if snapshot.post_id not in moved]
    plan.known_snapshots = [snapshot for snapshot in plan.known_snapshots if snapshot.post_id not in moved]
    return moved


def _end(moved: dict[int, int], post_id: int) -> int:
    while post_id in moved:
        post_id = moved[post_id]
    return post_id


def _add_snapshot(plan: Plan, told: dict[_Key, Snapshot], snapshot: Snapshot) -> None:
    key = snapshot[1:4]
    if key not in told:
        plan.new_snapshots.append(snapshot)
        told[key] = snapshot
    elif (both := combine_snapshots(told[key], snapshot)) != told[key]:
        plan.known_snapshots.append(both)
        told[key] = both


def _compare_post(plan: Plan, old: Post, new: Post) -> None:
    if old.served() == new.served():
        plan.posts_unchanged += 1
    else:
        plan.posts_updated += 1
    if old != new:
        plan.known_posts.append(new)


def _plan_days(
    plan: Plan, connection: Connection, account_id: int, profile_id: int, found: Extract, read_at: int
) -> None:
    first, last = min(found.days).day, max(found.days).day
    rows = statements.read_days(connection, account_id, profile_id, first, last, Day._fields)
    stored = {row.day: Day._make(row) for row in rows}
    for record in found.days:
        old = stored.get(record.day)
        new = combine_day(old, record, read_at)
        if old is None:
            plan.new_days.append(new)
        elif old.served() == new.served():
            plan.days_unchanged += 1
        else:
            plan.days_updated += 1
        if old is not None and old != new:
            plan.known_days.append(new)
