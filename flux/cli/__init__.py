"""DOOR for operators: `flask --app app flux …`.

What creates something prints its id, or its key, alone on standard output; all else goes to standard error.
"""

from typing import Any

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

from flux.cli import data, events, keys, people
from flux.cli.mcp import mcp_stdio
from flux.cli.worker import worker
from flux.importers.records import UnreadableFile
from flux.mistakes import Mistake


class OneLine(click.Group):
    """Commands that fail with one clear line and status 1, never with a traceback."""

    def invoke(self, context: click.Context) -> Any:
        """Runs a command; whatever a user can get wrong becomes a click error."""
        try:
            return super().invoke(context)
        except (Mistake, UnreadableFile) as error:
            raise click.ClickException(error.message) from error
        except (OperationalError, ProgrammingError) as error:
            reason = str(error.orig).strip().splitlines()[0]
            raise click.ClickException(
                f"The database cannot be used: {reason}. Is it set up? `flask --app app flux init`"
            ) from error


@click.group(cls=OneLine)
def flux() -> None:
    """Set Flux up and work with it from the terminal."""


for command in (
    people.init,
    people.user,
    people.plan,
    data.profile,
    data.import_files,
    data.query,
    data.demo,
    keys.key,
    events.event,
    mcp_stdio,
    worker,
):
    flux.add_command(command)
