"""The TypeScript client as a user gets it: installed by npm, then run by Node against the real server."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, Route

from flux.catalog import CATALOG
from flux.key_limits import Limits
from flux.store.accounts import move_account
from flux.store.engine import writing
from flux.store.projects import create_project
from flux.store.tables import profiles
from tests.api.caller import SPEND
from tests.clients.conftest import House
from tests.clients.readme import examples
from tests.clients.typescript import mistakes, run, start
from tests.proxy import BROKEN, LOST_ANSWER, Proxy, Trouble, proxy
from tests.services import ROOT
from tests.tenants import DAY, NOON, make_key, make_posts
from tests.workers import working

CLIENT = ROOT / "clients" / "typescript"
WRONG = """import { Flux } from "flux-client";
const flux = new Flux();
flux.datasets.posts({ frm: "-90d" });
flux.datasets.engagementTrends({ granularity: "yearly" });
for await (const row of flux.datasets.overview()) console.log(row.likes + 1);
flux.analyses.start("proj_", { kind: "roi", parameters: {} });
flux.analyses.start("proj_", { kind: "summary" }).then((made) => made.result?.verdict);
"""


@pytest.fixture
def between(house: House) -> Iterator[Proxy]:
    """The way to the server, where troubles are made."""
    with proxy(house.url) as between:
        yield between


def test_every_dataset_gives_the_rows_of_its_feed(project: Path, house: House) -> None:
    window = {"from": "2026-01-01", "to": "2026-01-04"}
    for name in CATALOG:
        url = f"{house.url}/api/v1/datasets/{name}"
        data = requests.get(url, window, headers=house.tenant.header, timeout=10).json()["data"]
        method = re.sub("-(.)", lambda letter: letter[1].upper(), name)
        program = f"const rows = new Flux().datasets.{method}({json.dumps(window)});"
        program += "tell(await rows.toArray()); tell(await collect(rows)); tell(await rows.meta())"
        listed, iterated, meta = run(project, program, house.url, house.tenant.key)
        assert listed == iterated == data
        assert meta["dataset"] == name and meta["row_count"] == len(data)


def test_posts_come_in_pages_and_are_not_sent_again(project: Path, house: House, between: Proxy) -> None:
    program = """
    const asked = { range: "all", pageSize: 3 };
    const read = (cache) => collect(new Flux({ cache }).datasets.posts(asked).pages());
    const cache = new MemoryCache();
    for (const kept of [cache, cache, new DirectoryCache("a"), new DirectoryCache("a"), new MemoryCache(0)])
      tell(await read(kept));
    tell(await new Flux().datasets.posts({ range: "all", pageSize: 2, limit: 3 }).toArray());
    """
    *reads, limited = run(project, program, between.url, house.tenant.key)
    assert [len(page) for page in reads[0]] == [3, 1]
    assert all(read == reads[0] for read in reads)
    assert limited == [post for page in reads[0] for post in page][:3]
    assert between.statuses() == [200, 200, 304, 304] * 2 + [200] * 4


def test_what_changes_between_two_pages_is_told(project: Path, house: House, between: Proxy) -> None:
    program = """
    const pages = new Flux().datasets.posts({ from: "2026-01-01", to: "2026-12-31", pageSize: 3 }).pages();
    await pages.next();
    await fetch(`${process.env.FLUX_URL}/change`);
    tell((await caught(() => pages.next())).name);
    """

    def change() -> None:
        make_posts(
            house.engine, house.tenant.profile, house.tenant.account_id, [{"published_at": NOON + 9 * DAY}]
        )
        with writing(house.engine) as connection:
            mine = profiles.c.id == house.tenant.profile.id
            connection.execute(profiles.update().where(mine).values(updated_at=NOON))

    between.acts["/change"] = change
    assert run(project, program, between.url, house.tenant.key) == ["DataChanged"]


def test_mistakes_and_keys_are_told(project: Path, house: House) -> None:
    program = """
    const flux = new Flux();
    tell(await caught(() => flux.datasets.engagementTrends({ granularity: "yearly" }).toArray()));
    tell(await caught(() => flux.datasets.posts({ profile_id: "prof_00000000000" }).toArray()));
    tell(await caught(() => flux.projects.create({ name: "Spring" })));
    tell(await caught(() => new Flux(flux.baseUrl, "flux_bi_0000000000000000000000000000000000").profiles()));
    tell(await caught(() => new Flux(flux.baseUrl, "flux_bi_one").projects.get("proj_0Aq3kQ9ZxYb")));
    tell((await caught(async () => new Flux(flux.baseUrl, "flux_mcp_secret"))).message);
    tell((await import("node:util")).inspect(flux, { depth: 9 }));
    """
    reader = make_key(house.engine, house.tenant.account_id, Limits(permissions=("read",)), "api")
    told = run(project, program, house.url, house.tenant.key, reader)
    assert [mistake["name"] for mistake in told[:5]] == [
        "InvalidRequest", "NotFound", "Forbidden", "Unauthorized", "MissingKey",
    ]  # fmt: skip
    assert all(mistake["is"] for mistake in told[:5])
    assert told[0]["details"]["parameter"] == "granularity" and told[0]["requestId"].startswith("req_")
    assert "flux_mcp_" in told[5] and "secret" not in told[5]
    assert house.tenant.key not in told[6] and reader not in told[6]


def test_lists_are_read_to_their_end(project: Path, house: House, between: Proxy) -> None:
    for number in range(203):
        create_project(house.engine, house.tenant.account_id, {"name": f"Project {number:03}"}, None)
    program = (
        'tell((await collect(new Flux().projects.list({ sort: "name", order: "asc" }))).map((p) => p.name))'
    )
    told = run(project, program, between.url, house.api_key)
    assert told == [[f"Project {number:03}" for number in range(203)]]
    assert len(between.seen) == 3


def test_what_is_sent_again_is_made_once(project: Path, house: House, between: Proxy) -> None:
    between.troubles += [LOST_ANSWER, Trouble(status=503)]
    program = """
    const flux = new Flux();
    const made = await flux.projects.create({ name: "Spring" });
    tell((await flux.projects.update(made.id, { description: "Of 2026" })).description);
    tell((await collect(flux.projects.list())).map((p) => p.id === made.id));
    tell((await flux.profiles()).map((profile) => profile.id));
    await flux.projects.delete(made.id);
    tell((await caught(() => flux.projects.get(made.id))).code);
    """
    mine = [house.tenant.profile.public_id]
    assert run(project, program, between.url, house.api_key) == ["Of 2026", [True], mine, "project_not_found"]
    assert between.statuses("POST") == [0, 503, 201]
    assert len(set(between.keys)) == 1


def test_a_busy_server_is_asked_again_when_it_says(project: Path, house: House, between: Proxy) -> None:
    between.troubles.append(Trouble(status=429, headers={"Retry-After": "1"}))
    program = """
    const start = performance.now();
    await collect(new Flux().projects.list());
    tell(performance.now() - start);
    """
    (waited,) = run(project, program, between.url, house.api_key)
    assert waited >= 1_000  # left to itself it would have waited half of it at most
    assert between.statuses() == [429, 200]


def test_the_last_attempt_tells_what_is_wrong(project: Path, house: House, between: Proxy) -> None:
    between.troubles += [BROKEN, BROKEN, Trouble(status=429, headers={"Retry-After": "1800"}), BROKEN]
    move_account(house.engine, house.tenant.account_id, "enterprise", None, 1)
    program = """
    const flux = new Flux({ attempts: 2, maxWaitMs: 600 });
    for (let i = 0; i < 2; i++) tell(await caught(() => collect(flux.projects.list())));
    tell(await collect(flux.projects.list()));
    tell(await caught(() => collect(flux.projects.list())));
    """
    broken, later, none, used_up = run(project, program, between.url, house.api_key)
    assert broken["name"] == "ConnectionFailed" and "/api/v1/projects" in broken["message"]
    assert (later["name"], later["retryAfter"]) == ("RateLimited", 1_800)
    assert none == []
    assert used_up["code"] == "rate_limited" and 1 <= used_up["retryAfter"] <= 121
    assert between.statuses() == [0, 0, 429, 0, 200, 429]


def test_the_examples_of_the_readme_compile_and_run(project: Path, house: House, tmp_path: Path) -> None:
    blocks = examples(CLIENT / "README.md", "ts")
    assert len(blocks) == 8
    (project / "readme.ts").write_text("\n".join(blocks))
    (project / "wrong.ts").write_text(WRONG)
    assert mistakes(project, "readme.ts", "wrong.ts") == [f"wrong.ts:{line}" for line in (3, 4, 5, 6)]
    (project / "spend.csv").write_bytes(SPEND)
    with working(tmp_path, house.settings):
        lines = start(project, "readme.js", house.url, house.tenant.key, house.api_key, *house.pair)
    trends = [line for line in lines if line.startswith(house.tenant.profile.name)]
    assert len(trends) == 13  # this week and twelve before
    assert "3 [ 'day', 'spend', 'hours', 'note' ]" in lines
    assert "4 false" in lines
    assert any(line.startswith("invalid_parameter {") for line in lines)
    assert lines[-1] == "1"


def test_a_browser_reads_feeds_and_projects(project: Path, house: House, page: Page) -> None:
    built = project / "node_modules" / "flux-client" / "dist"

    def give(route: Route) -> None:
        route.fulfill(path=built / Path(route.request.url).name, content_type="text/javascript")

    page.route("**/client/*.js", give)
    page.route("**/client/", lambda route: route.fulfill(body="a page", content_type="text/html"))
    page.goto(f"{house.url}/client/")
    told = page.evaluate(
        """async ([url, ...keys]) => {
            const { Flux } = await import("/client/index.js");
            const flux = new Flux(url, ...keys);
            const posts = flux.datasets.posts({ range: "all", pageSize: 3 });
            const first = await posts.toArray();
            const project = await flux.projects.create({ name: "Spring" });
            const file = new File(["day,spend\\n2026-01-05,1.5\\n"], "spend.csv", { type: "text/csv" });
            const source = await flux.dataSources.upload(project.id, file);
            return [first.length, (await posts.toArray()).length, source.name, source.rows];
        }""",
        [house.url, house.tenant.key, house.api_key],
    )
    assert told == [4, 4, "spend.csv", 1]
