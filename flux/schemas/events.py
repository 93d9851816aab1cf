"""Events as they are sent, one or a list, and as they are kept."""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import orjson
from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError, WithJsonSchema

from flux.catalog.kinds import shown
from flux.mistakes import InvalidParameter
from flux.schemas.base import Model
from flux.schemas.operations import Operation
from flux.schemas.reading import mistake_of

MOST = 1_000  # in one request
MOST_BYTES = 32 * 1024  # of the JSON of `properties`, and of `ufProperties`
MOST_LEVELS = 32
FIRST = 946_684_800_000  # 2000-01-01 in Unix milliseconds
AHEAD = 86_400_000  # a clock may be wrong by a day

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAME = r"^[^\s\u0000-\u001f\u007f]{1,200}$"
_WHEN = {
    "anyOf": [
        {"type": "number", "minimum": FIRST},
        {"type": "string", "format": "date-time"},
        {"type": "null"},
    ],
    "default": None,
}
Identity = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\u0000]*$")]
Properties = dict[str, Any]


class EventIn(Model):
    """Something that happened."""

    model_config = ConfigDict(populate_by_name=False)

    event_id: Annotated[Identity, StringConstraints(min_length=1)] | None = Field(
        None, alias="eventId", description="The sender's own id: the same one is taken in once."
    )
    user_id: Identity | None = Field(None, alias="userId", description="Who did it.")
    anonymous_id: Identity | None = Field(
        None, alias="anonymousId", description="The visitor, where nobody was signed in."
    )
    name: str = Field(
        description="What happened: 1 to 200 characters without white space.",
        examples=["page_view"],
        json_schema_extra={"pattern": _NAME, "minLength": 1, "maxLength": 200},
    )
    timestamp: Annotated[Any, WithJsonSchema(_WHEN)] = Field(
        None,
        description="When: Unix milliseconds, or ISO 8601 (UTC where it names no zone). Left out: now.",
        examples=[1_767_268_800_000, "2026-01-01T12:00:00Z"],
    )
    properties: Properties | None = Field(
        None, description=f"What else there is to say, nested up to {MOST_LEVELS} levels."
    )
    uf_properties: Properties | None = Field(
        None, alias="ufProperties", description="What the page told of it, such as `urlPath`."
    )


EventList = Annotated[list[EventIn], Field(min_length=1, max_length=MOST)]
_LIST: TypeAdapter[list[EventIn]] = TypeAdapter(EventList)


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it is kept: the moment in Unix milliseconds, the properties as JSON."""

    event_id: str | None
    happened_at: int
    user_id: str | None
    anonymous_id: str | None
    name: str
    properties: str | None
    uf_properties: str | None


def read_events(sent: Any) -> list[Event]:
    """The events of a JSON body, one or a list. Raises InvalidParameter, which names the one: `[3].name`."""
    listed = isinstance(sent, list)
    try:
        events = _LIST.validate_python(sent if listed else [sent])
    except ValidationError as error:
        raise mistake_of(error, EventList, skip=not listed) from None
    now = time.time_ns() // 1_000_000
    return [_event(e, f"[{number}]." if listed else "", now) for number, e in enumerate(events)]


def _event(event: EventIn, at: str, now: int) -> Event:
    if not re.fullmatch(_NAME[1:-1], event.name):
        raise InvalidParameter(f"{at}name", shown(event.name), "1 to 200 characters without white space")
    return Event(
        event_id=event.event_id,
        happened_at=_moment(event.timestamp, f"{at}timestamp", now),
        user_id=event.user_id,
        anonymous_id=event.anonymous_id,
        name=event.name,
        properties=_json(event.properties, f"{at}properties"),
        uf_properties=_json(event.uf_properties, f"{at}ufProperties"),
    )


def _moment(value: Any, place: str, now: int) -> int:
    """Unix milliseconds."""
    if value is None:
        return now
    moment = None
    if isinstance(value, int | float) and not isinstance(value, bool):
        moment = int(value)
    elif isinstance(value, str):
        moment = _from_text(value)
    if moment is None or not FIRST <= moment <= now + AHEAD:
        raise InvalidParameter(
            place,
            shown(str(value)),
            "Unix milliseconds (not seconds) or ISO 8601, from the year 2000 to a day from now",
        )
    return moment


def _from_text(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text.strip())
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (aware - _EPOCH) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        return None


def _json(value: Properties | None, place: str) -> str | None:
    if value is None:
        return None
    if (levels := _levels(value)) > MOST_LEVELS:
        raise InvalidParameter(place, f"{levels} levels deep", f"at most {MOST_LEVELS} levels deep")
    text = orjson.dumps(value)
    if len(text) > MOST_BYTES:
        raise InvalidParameter(place, f"{len(text):,} bytes of JSON", f"at most {MOST_BYTES:,} bytes")
    return text.decode()


def _levels(value: Properties) -> int:
    levels = 0
    parts: list[Any] = [value]
    while parts:
        levels += 1
        parts = [inner for part in parts for inner in _inside(part) if isinstance(inner, dict | list)]
    return levels


def _inside(part: Any) -> Iterable[Any]:
    return part.values() if isinstance(part, dict) else part


OPERATIONS = (
    Operation(
        "ingest_events", "POST", "/event/ingest", "Events", "Send events",
        f"Takes in one event or a list of up to {MOST:,}: all of them, or none where one cannot be read. An "
        "`eventId` that is there already is passed over, so a batch may be sent again. SQL sees them at "
        "once, in `eventsTable`.",
        204, body=EventIn | EventList, reader=read_events, permission="write", base="",
        examples={
            "one": {
                "userId": "u-1017",
                "name": "page_view",
                "timestamp": 1_767_268_800_000,
                "properties": {"post": "urn:li:share:7412345678901234567"},
                "ufProperties": {"urlPath": "/pricing"},
            },
            "list": [
                {"eventId": "e-1", "anonymousId": "a-77", "name": "page_view"},
                {"eventId": "e-2", "userId": "u-1017", "name": "signup", "timestamp": "2026-01-01T12:00:00Z"},
            ],
        },
    ),
)  # fmt: skip
