"""`flux mcp-stdio`: the bridge for agents that start a program instead of asking an address."""

import sys

import click

from flux import bridge


@click.command("mcp-stdio")
def mcp_stdio() -> None:
    """Pass MCP messages from standard input to the server `FLUX_URL`, with the key `FLUX_KEY`, and back.

    Both from the environment. The same program as a file of its own, for machines without Flux, is at
    `/mcp/flux_mcp_stdio.py` of every server.
    """
    sys.exit(bridge.main())
