"""curl with --etag-save and --etag-compare: rows once, 304 as long as nothing changes, and the file kept."""

import subprocess
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.clients.conftest import Feed
from tests.tenants import NOON, make_posts


def fetch(curl: str, feed: Feed, folder: Path, *arguments: str) -> tuple[int, int, str]:
    """Exit code, status and what stands on standard error, of a line as one writes it by hand."""
    command = [
        curl,
        "-sS",
        "--fail-with-body",
        "-w",
        "%{http_code}",
        "-o",
        "posts.csv",
        "--etag-save",
        "posts.etag",
    ]
    if (folder / "posts.etag").exists():
        command += ["--etag-compare", "posts.etag"]
    header = ["-H", f"Authorization: Bearer {feed.tenant.key}"]
    done = subprocess.run(
        [*command, *header, *arguments, feed.url("posts", key=False)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode, int(done.stdout), done.stderr


def test_etag_compare_gives_304_and_keeps_the_file(curl: str, feed: Feed, tmp_path: Path) -> None:
    assert fetch(curl, feed, tmp_path)[:2] == (0, 200)
    first = (tmp_path / "posts.csv").read_bytes()
    assert first.count(b"urn:li:share:") == 4
    assert fetch(curl, feed, tmp_path)[:2] == (0, 304)
    assert (tmp_path / "posts.csv").read_bytes() == first


def test_new_data_give_200_again(curl: str, feed: Feed, engine: Engine, tmp_path: Path) -> None:
    fetch(curl, feed, tmp_path)
    make_posts(engine, feed.tenant.profile, feed.tenant.account_id, [{"published_at": NOON, "text": "new"}])
    assert fetch(curl, feed, tmp_path)[:2] == (0, 200)
    assert (tmp_path / "posts.csv").read_bytes().count(b"urn:li:share:") == 5


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_compressed_bodies_are_the_same_rows(curl: str, feed: Feed, tmp_path: Path, encoding: str) -> None:
    fetch(curl, feed, tmp_path)
    plain = (tmp_path / "posts.csv").read_bytes()
    (tmp_path / "posts.etag").unlink()
    fetch(curl, feed, tmp_path, "--compressed", "-H", f"Accept-Encoding: {encoding}")
    assert (tmp_path / "posts.csv").read_bytes() == plain


def test_a_wrong_key_fails_the_command_and_says_why(curl: str, feed: Feed, tmp_path: Path) -> None:
    code, status, _ = fetch(curl, feed, tmp_path, "-H", "Authorization: Bearer flux_bi_wrong")
    assert (code, status) == (22, 401)
    assert b'"invalid_api_key"' in (tmp_path / "posts.csv").read_bytes()
