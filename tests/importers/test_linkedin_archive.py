"""`Shares.csv` of every era, alone and in the whole archive."""

from datetime import UTC, datetime

import pytest

from flux.importers.records import UnreadableFile
from tests.importers.making import DATA, SHARES, archive, read

MOMENT = datetime(2017, 6, 8, 8, 15, 44, tzinfo=UTC)
ID = (int(MOMENT.timestamp() * 1000) << 22) | 5
LINK = f"https://www.linkedin.com/feed/update/urn%3Ali%3Ashare%3A{ID}"
NEW = "Date,ShareLink,ShareCommentary,SharedUrl,MediaUrl,Visibility\n"


def seconds(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())


def test_utf_16_with_tabs_of_2018() -> None:
    names = (
        "Date,Share Title,Share Description,Share Link,Share Commentary,Shared URL,Media URL,Type,Visibility"
    )
    header = "\t".join(f'"{name}"' for name in names.split(",")) + "\n"
    row = f'"2017/06/08 08:15:44 UTC"\t""\t""\t"{LINK}"\t"Grüße, 世界"\t""\t""\t"SHARE"\t"ALL"\n'
    found = read((header + row).encode("utf-16"))
    assert [(p.urn, p.published_at, p.text) for p in found.posts] == [
        (f"urn:li:share:{ID}", int(MOMENT.timestamp()), "Grüße, 世界")
    ]


def test_crlf_and_urls_in_capitals_of_2019() -> None:
    text = (
        NEW.replace("Url", "URL").replace("\n", "\r\n")
        + f'2017-06-08 08:15:44,{LINK},"a""\r\n""b",,,MEMBER_NETWORK\r\n'
    )
    assert [p.text for p in read(text).posts] == ["a\nb"]


def test_saved_anew_by_excel_the_id_gives_the_seconds_back() -> None:
    text = NEW + f"6/8/2017 8:15,{LINK},caf\xe9 \x96 ok,,,MEMBER_NETWORK\n"
    found = read(text.encode("latin-1"))
    assert (found.posts[0].published_at, found.posts[0].text) == (int(MOMENT.timestamp()), "café – ok")
    assert "Windows-1252" in found.recognised[1]


def test_a_quote_at_the_end_of_a_line_stays() -> None:
    stored = 'He said ""yes""""\n""and left'
    assert (
        read(f'{NEW}2017-06-08 08:15:44,{LINK},"{stored}",,,X\n').posts[0].text == 'He said "yes"\nand left'
    )


def test_old_short_ids_and_group_posts_take_the_files_date() -> None:
    short = "https://www.linkedin.com/feed/update/urn%3Ali%3Ashare%3A109347586"
    group = f"https://www.linkedin.com/feed/update/urn%3Ali%3AgroupPost%3A77-{ID}"
    found = read(f"{NEW}2009-02-03 04:05:06,{short},a,,,X\n2017-06-08 08:15:44,{group},b,,,X\n")
    assert [(p.urn, p.published_at) for p in found.posts] == [
        ("urn:li:share:109347586", seconds(2009, 2, 3, 4, 5, 6)),
        (f"urn:li:groupPost:77-{ID}", int(MOMENT.timestamp())),
    ]


def test_a_link_listed_twice_is_one_post_if_the_text_is_the_same() -> None:
    row = f"2017-06-08 08:15:44,{LINK},same,,,X\n"
    found = read(NEW + row + row + row.replace("same", "other"))
    assert [p.urn for p in found.posts] == [f"urn:li:share:{ID}", f"urn:li:share:{ID}#2"]
    assert found.left_out[0].where == "line 3"


def test_a_row_that_is_cut_off_is_named_with_its_line() -> None:
    found = read(f"{NEW}2017-06-08 08:15:44,{LINK},whole,,,X\n2017-06-08 08:15:44,{LINK}")
    assert (len(found.posts), found.left_out[0].where) == (1, "line 3")
    with pytest.raises(UnreadableFile, match=r"line 3.*never ends"):
        read(f'{NEW}2017-06-08 08:15:44,{LINK},whole,,,X\n2017-06-08 08:15:44,{LINK},"cut')


def test_the_whole_archive_gives_its_shares_and_names_what_was_left() -> None:
    shares = (DATA / SHARES).read_bytes()
    found = read(archive({"Comments.csv": b"x", "Complete/Shares.csv": shares, "Profile.csv": b"y"}))
    assert len(found.posts) == 202
    assert found.left_out[0].where == "Comments.csv, Profile.csv"


def test_an_archive_without_shares_is_refused() -> None:
    with pytest.raises(UnreadableFile, match=r"no Shares\.csv.*Comments\.csv"):
        read(archive({"Comments.csv": b"x"}))


def test_reactions_are_refused_with_the_reason() -> None:
    with pytest.raises(UnreadableFile, match="reactions you gave"):
        read(
            "Date,Type,Link\n2025-07-13 08:15:21,LIKE,https://www.linkedin.com/feed/update/urn%3Ali%3Aactivity%3A1\n"
        )
