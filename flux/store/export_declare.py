"""Export and Field: what a table says of itself that an account's own SQL may read."""

from dataclasses import dataclass

MOST_TEXT = 32_767  # characters, as of a spreadsheet's cell: no query reads a text of over 200,000 bytes
STORED_AS = {"integer": "INTEGER", "number": "REAL"}  # all else is text


@dataclass(frozen=True, slots=True)
class Field:
    """A column: its name, its type (string, integer, number, date, datetime, json) and what it says."""

    name: str
    type: str
    help: str


@dataclass(frozen=True, slots=True)
class Export:
    """A table of the public schema, and where its rows come from.

    `reads` are columns of the application's `table`; `insert` makes the table's own of them, one expression
    each. `order` names the rows: in it they come, and where it is one number, it is the row's own.
    `owner` is the column that holds the profile. Its public id is then at hand as `public_id`, its zone as
    `zone`; `{local}` is `published_at` by that zone's clock, in Unix seconds.
    `derive` fills the table from others of the file instead; `{moved}` holds for the profiles read anew.
    `key` are the columns that name a row, and in whose order the rows lie.
    """

    name: str
    help: str
    fields: tuple[Field, ...]
    table: str = ""
    reads: tuple[str, ...] = ()
    order: str = ""
    owner: str = ""
    insert: tuple[str, ...] = ()
    derive: str = ""
    key: str = ""
    index: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(field.name for field in self.fields)


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'
