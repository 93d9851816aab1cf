"""A user's statement as the worker runs it: SQL text, bound values, and where each piece was written."""

from dataclasses import dataclass

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

    def written(self, sql: str) -> str:
        """What the user wrote for a piece of the SQL, such as a column's name: else the same text."""
        return next((piece.written for piece in self.pieces if piece.sql == sql), sql)
