"""What a caller can get wrong: one small class per mistake. `flux.errors` decides on its HTTP status."""

from collections.abc import Mapping


class Mistake(Exception):
    """A request that cannot be served as it is; the message quotes the value and says what would be right."""

    code = "invalid_parameter"

    def __init__(
        self,
        message: str,
        *,
        parameter: str | None = None,
        value: str | None = None,
        constraint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        told = {"parameter": parameter, "value": value, "constraint": constraint}
        self.details = {name: text for name, text in told.items() if text is not None}

    def within(self, place: str) -> "Mistake":
        """The same mistake, its parameter told as a part of `place`: `tz` as `parameters.tz`."""
        if name := self.details.get("parameter"):
            self.details["parameter"] = f"{place}.{name}"
            self.message = self.message.replace(f"'{name}'", f"'{place}.{name}'", 1)
        return self


class InvalidParameter(Mistake):
    """A known parameter with a value it cannot have."""

    def __init__(self, parameter: str, value: str, constraint: str) -> None:
        message = f"The parameter '{parameter}' is '{value}': it must be {constraint}."
        super().__init__(message, parameter=parameter, value=value, constraint=constraint)


class UnknownParameter(Mistake):
    """A name that is a near miss of a known one."""

    code = "unknown_parameter"

    def __init__(self, parameter: str, value: str, meant: str) -> None:
        message = f"There is no parameter '{parameter}'. Did you mean '{meant}'?"
        super().__init__(message, parameter=parameter, value=value, constraint=meant)


class TooManyProfiles(Mistake):
    """More profiles than one request may ask for."""

    code = "too_many_profiles"

    def __init__(self, count: int, limit: int) -> None:
        message = (
            f"The request is for {count} profiles: at most {limit} fit in one. Name fewer in 'profile_id'."
        )
        super().__init__(message, parameter="profile_id", value=str(count), constraint=f"at most {limit}")


class TooManyCells(Mistake):
    """More rows than a gap-filled series may have."""

    code = "too_many_cells"

    def __init__(self, profiles: int, periods: int, limit: int, advice: str) -> None:
        cells = profiles * periods
        message = (
            f"{profiles} profiles × {periods:,} periods are {cells:,} cells: at most {limit:,} fit in one "
            f"request."
            f" {advice}"
        )
        super().__init__(message, parameter="from", value=f"{cells}", constraint=f"at most {limit} cells")


class InvalidQuery(Mistake):
    """An SQL statement that cannot be run; `line` and `column`, from 1, where the place is known."""

    code = "invalid_query"

    def __init__(
        self,
        problem: str,
        place: tuple[int, int] | None = None,
        value: str | None = None,
        constraint: str | None = None,
    ) -> None:
        self.line = place and place[0]
        self.column = place and place[1]
        told = problem if place is None else f"line {place[0]}, column {place[1]}: {problem}"
        message = f"{told[:1].upper()}{told[1:]}."
        super().__init__(message, parameter="query", value=value, constraint=constraint)


class InvalidJson(Mistake):
    """A body that is not JSON."""

    code = "invalid_json"


class TooLarge(Mistake):
    """More than is taken in."""

    code = "too_large"


class UnsupportedMediaType(Mistake):
    """A kind of body that is not taken."""

    code = "unsupported_media_type"

    def __init__(self, sent: str, taken: str) -> None:
        message = f"The body is '{sent or 'of no stated type'}': it must be {taken}."
        super().__init__(message, parameter="Content-Type", value=sent, constraint=taken)


class DatasetNotFound(Mistake):
    """No dataset of that name."""

    code = "dataset_not_found"

    def __init__(self, name: str, known: list[str]) -> None:
        message = f"There is no dataset '{name}'. There are: {', '.join(known)}."
        super().__init__(message, parameter="dataset", value=name, constraint=", ".join(known))


class ProfileNotFound(Mistake):
    """No such profile among those the key may see; another account's looks the same."""

    code = "profile_not_found"

    def __init__(self, text: str, parameter: str = "profile_id") -> None:
        message = (
            f"There is no profile '{text}' here, or this key may not see it. `/api/v1/profiles` lists them."
        )
        super().__init__(message, parameter=parameter, value=text, constraint="an id from /api/v1/profiles")


class NotFound(Mistake):
    """Nothing of that id or address here."""

    code = "not_found"


class ResourceNotFound(Mistake):
    """No project, data source or analysis of that id in the account; another account's looks the same."""

    def __init__(self, kind: str, text: str) -> None:
        self.code = f"{kind}_not_found"
        message = f"There is no {kind.replace('_', ' ')} '{text[:50]}' here."
        super().__init__(message, parameter=f"{kind}_id", value=text[:50])


class Conflict(Mistake):
    """It is there already."""

    code = "conflict"


class NotOffered(Mistake):
    """A part of a standard that Flux does not serve."""

    code = "not_implemented"


class DataMoved(Mistake):
    """The next page of an answer whose data are others by now."""

    code = "gone"


class Failed(Mistake):
    """Work that was done behind the request and failed; its code lies among the details."""

    def __init__(self, message: str, details: Mapping[str, str]) -> None:
        super().__init__(message)
        self.code = details.get("code", "server_error")
        self.details = {name: text for name, text in details.items() if name != "code"}


class KeyRefused(Mistake):
    """A key that is not one, is unknown, has expired or was revoked: the code says which."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NotAllowed(Mistake):
    """A good key that may not do this: wrong kind, plan, permission or address."""

    def __init__(self, code: str, message: str, **details: str) -> None:
        super().__init__(message, **details)
        self.code = code


class RateLimited(Mistake):
    """Over a limit; `retry_after` seconds from now there is room again."""

    code = "rate_limited"

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(Mistake):
    """Something that Flux stands on does not answer."""

    code = "unavailable"
    retry_after = 5


class StillAtWork(Unavailable):
    """The first request with the same key in `header` has no answer as yet that could be given again."""

    def __init__(self, header: str) -> None:
        message = f"The first request with this {header} is still at work. Send the same again in a while."
        super().__init__(message, parameter=header)
