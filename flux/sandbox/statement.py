"""A user's statement as the worker runs it: SQL text, bound values, and where each piece was written."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

_REWRITTEN = re.compile(r"`|\?\d| ->> ")  # stands in SQL that is not as the user wrote it

Scalar = str | int | float | bool | None
Place = tuple[int, int]
"""Line and column, both from 1."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text of the SQL, what the user wrote for it and where, and whether space stands before it."""

    sql: str
    written: str
    place: Place
    apart: bool = True


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL that holds no value of a variable: those are in `parameters`, the first of them ?1."""

    pieces: tuple[Piece, ...]
    parameters: tuple[Scalar, ...]

    @property
    def sql(self) -> str:
        """The statement's text."""
        return "".join(self.texts())

    def texts(self) -> list[str]:
        """The text of each piece, with a space before it where one was written or two words would meet."""
        found = [""]
        for piece in self.pieces:
            meet = found[-1][-1:].isalnum() and piece.sql[:1].isalnum()
            found.append(f" {piece.sql}" if piece.apart or meet else piece.sql)
        return found[1:]

    def written(self, names: Sequence[str]) -> list[str]:
        """What the user wrote for each of an answer's columns: one without a name is called like its SQL."""
        ends = list(accumulate(map(len, self.texts())))
        begins = [end - len(piece.sql) for piece, end in zip(self.pieces, ends, strict=True)]
        after = {end: number for number, end in enumerate(ends, 1)}
        sql = self.sql

        def find(name: str) -> str:
            """What was written for the first run of pieces of that text; else the text."""
            for first, begin in enumerate(begins):
                if sql.startswith(name, begin) and begin + len(name) in after:
                    run = self.pieces[first : after[begin + len(name)]]
                    return "".join(" " * piece.apart + piece.written for piece in run).lstrip(" ")
            return name

        found = {name: find(name) if _REWRITTEN.search(name) else name for name in set(names)}
        return [found[name] for name in names]
