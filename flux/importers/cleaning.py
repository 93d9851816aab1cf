"""Records made fit for every database: no NUL, no lone surrogate, no link that is none, lengths in bounds."""

from dataclasses import replace

from flux.importers.records import Extract, LeftOut, PostRecord

MAX_URL = 2_000
MAX_TEXT = 100_000  # characters; LinkedIn allows 3,000
_PAGE = "https://www.linkedin.com/feed/update/"


def clean(found: Extract) -> Extract:
    """`found` with text and links made storable; `left_out` says what had to be removed."""
    left_out = [LeftOut(*(storable(part)[:500] for part in each)) for each in found.left_out]
    posts = _fold([_clean_post(post, left_out) for post in found.posts], left_out)
    recognised = tuple(map(storable, found.recognised))
    mapping = {field: storable(column) for field, column in found.mapping.items()}
    return replace(
        found, posts=tuple(posts), left_out=tuple(left_out), recognised=recognised, mapping=mapping
    )


def _fold(posts: list[PostRecord], left_out: list[LeftOut]) -> list[PostRecord]:
    """Without the posts that another one of the file names as its alias: both are one."""
    if not any(post.alias for post in posts):
        return posts
    kept: list[PostRecord] = []
    named: set[str] = set()
    for post in sorted(posts, key=lambda post: post.alias is None):
        urns = {post.urn, post.alias} - {None}
        if urns & named:
            left_out.append(LeftOut(post.urn, post.url or "", "another row of the file is the same post"))
            continue
        named |= {urn for urn in urns if urn}
        kept.append(post)
    return kept


def _clean_post(post: PostRecord, left_out: list[LeftOut]) -> PostRecord:
    text = post.text
    if text and (text != (kept := storable(text)) or len(text) > MAX_TEXT):
        text = kept[:MAX_TEXT]
        left_out.append(LeftOut(post.urn, "", "characters of its text that no database takes were removed"))
    url = _link(post)
    return post if url is post.url and text is post.text else post._replace(url=url, text=text)


def _link(post: PostRecord) -> str | None:
    """The post's own link if it is one; else LinkedIn's page of the post."""
    url = post.url
    if url and url.startswith(("https://", "http://")) and len(url) <= MAX_URL and url.isprintable():
        return url
    return _PAGE + post.urn if post.urn.startswith("urn:li:") else None


def storable(text: str) -> str:
    """`text` without NULs and halves of surrogate pairs, which no database takes."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
