"""What each tool will show of a feed, and the cure: judged by what it would be answered."""

from collections.abc import Sequence
from dataclasses import dataclass

from flux.doctor.cures import CURES
from flux.doctor.places import Place
from flux.doctor.tools import MB, TOOLS, Ask, Tool

__all__ = ["TOOLS", "Ask", "Finding", "Place", "Seen", "Tool", "Verdict", "judge"]

TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Seen:
    """What a request was answered: the code and the message of an error, or the size of a success."""

    status: int
    code: str = ""
    message: str = ""
    location: str = ""  # of a redirect
    rows: int = 0
    cells: int = 0
    size: int = 0  # bytes, unpacked
    format: str = ""  # csv or json; of an error: none
    delimiter: str = "comma"
    decimal: str = "dot"
    cut: bool = False  # there are more rows than the answer has


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, and what helps."""

    says: str
    cure: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a tool will show: `state` is good, risky, bad, or untried where the quota left no room."""

    tool: Tool
    state: str
    shows: str
    findings: tuple[Finding, ...]


def judge(tool: Tool, seen: Sequence[Seen], place: Place, length: int) -> Verdict:
    """The verdict on a tool whose requests were answered so; `length` is its address's, in characters."""
    unreachable, refused = _unreachable(tool, place), _refused(tool, seen)
    if not unreachable and any(one.status == TOO_MANY for one in seen):
        return Verdict(tool, "untried", "not known", tuple(refused))
    if stops := [*unreachable, *refused, *_too_much(tool, seen, length)]:
        return Verdict(tool, "bad", tool.fails, tuple(stops))
    found = next((s for s in reversed(seen) if s.rows or s.size), seen[-1])
    if misread := _misread(tool, found):
        return Verdict(tool, "bad", "raw text, or an error", tuple(misread))
    risks = (*_risks(place), *_settings(found), *_cut(found))
    rows = f"{found.rows:,} row{'' if found.rows == 1 else 's'}"
    return Verdict(
        tool, "risky" if risks else "good", rows if found.rows else "the header, and no rows", risks
    )


def _unreachable(tool: Tool, place: Place) -> list[Finding]:
    if tool.abroad and place.is_private:
        return [
            Finding(
                f"This address is not reachable from the internet: {place.base}. This tool asks from its "
                "maker's servers.",
                "Put Flux behind a public https address and set FLUX_BASE_URL to it; or use a tool that runs "
                "on your own computer or server.",
            )
        ]
    if tool.secure and not place.is_https:
        return [
            Finding(
                f"It takes https only, and this address is {place.base}.",
                "Put Flux behind https, and set FLUX_BASE_URL to it.",
            )
        ]
    return []


def _refused(tool: Tool, seen: Sequence[Seen]) -> list[Finding]:
    """Why there are no rows, in the words of the answer that has some: those to HEAD have none."""
    refused = [one for one in seen if one.status >= 300]
    if not refused:
        return []
    one = next((one for one in refused if one.message), refused[0])
    if one.status < 400:
        says = (
            f"The address is sent on to {one.location}. Most tools do not send a key along that stands in a "
            "header, and some do not follow."
        )
        return [
            Finding(says, "Give the tool the address that it is sent on to, and set FLUX_BASE_URL to it.")
        ]
    cure = CURES.get(one.code, "Look into the server's log.")
    if one.code == "address_not_allowed" and tool.abroad:
        cure = (
            f"{tool.name} has no fixed address, so no list fits it: make a link to this feed, or a key, "
            "without a list of addresses."
        )
    return [Finding(one.message or f"The server answers {one.status}.", cure)]


def _too_much(tool: Tool, seen: Sequence[Seen], length: int) -> list[Finding]:
    found = []
    size, cells = max(s.size for s in seen), max(s.cells for s in seen)
    if tool.longest and length > tool.longest:
        found.append(
            Finding(
                f"The address is {length:,} characters long, and it takes about {tool.longest:,}.",
                "Make a link to this feed: its address is short, however many profiles it names.",
            )
        )
    if tool.largest and size > tool.largest:
        found.append(
            Finding(
                f"The answer is {size / MB:.1f} MB, and it takes about {tool.largest // MB} MB.",
                "Shorten the window, take a longer granularity, or name fewer profiles.",
            )
        )
    if tool.most_cells and cells > tool.most_cells:
        found.append(
            Finding(
                f"The answer has {cells:,} cells, and imports failed at about {tool.most_cells:,}.",
                "Shorten the window, take a longer granularity, or name fewer profiles.",
            )
        )
    return found


def _misread(tool: Tool, found: Seen) -> list[Finding]:
    if not found.format or found.format in tool.reads:
        return []
    return [
        Finding(
            f"It reads {tool.format.upper()}, and this address answers in {found.format.upper()}.",
            f"Let the address say format={tool.format}, as its snippet does.",
        )
    ]


def _settings(found: Seen) -> list[Finding]:
    """What has to be set in the tool, since no snippet says it: how the cells of CSV are written."""
    if found.format != "csv" or found.delimiter == "comma":  # a decimal comma needs another delimiter
        return []
    says = f"{found.delimiter.capitalize()}s stand between the cells"
    says += " and commas before decimals" if found.decimal == "comma" else ""
    return [
        Finding(
            f"{says}: right only where the tool is set to that.",
            "Set it to that (in a formula: the second argument), or leave delimiter and decimal out of the "
            "address.",
        )
    ]


def _cut(found: Seen) -> list[Finding]:
    if not found.cut:
        return []
    return [
        Finding(
            "The answer is cut short: there are more rows than a query gives.",
            "Sum them up in the metric, or choose fewer by its variables or a LIMIT.",
        )
    ]


def _risks(place: Place) -> list[Finding]:
    if place.is_sent_on:
        return [
            Finding(
                f"It begins with http://, and this installation is at {place.official}: it is sent on, and "
                "most tools do not send a key along that stands in a header.",
                f"Let it begin with {place.official}.",
            )
        ]
    if place.is_https or place.is_local:
        return []
    return [
        Finding(
            f"{place.base} is not encrypted: whoever is on the way reads the key and the rows.",
            "Put Flux behind https.",
        )
    ]
