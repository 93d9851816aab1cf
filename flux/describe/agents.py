"""AGENTS: how each agent is told of this server; one text file each under templates/mcp/."""

from flux.snippets import Snippet, fill

PLACEHOLDER = "YOUR_MCP_KEY"
BRIDGE = "flux_mcp_stdio.py"

AGENTS = (
    Snippet(
        "claude_code",
        "Claude Code",
        "Command line",
        "Shell",
        "Run it once; `claude mcp list` shows the server. Add `--scope user` to have it in every project.",
    ),
    Snippet(
        "claude_desktop_bridge",
        "Claude Desktop",
        "1. The bridge",
        "Shell",
        "Claude Desktop starts a program: this one, a single file that needs Python 3.9 or later and nothing "
        "else. It goes into your home folder. On Windows use `curl.exe`.",
    ),
    Snippet(
        "claude_desktop",
        "Claude Desktop",
        "2. Settings",
        "JSON",
        "Settings → Developer → Edit config; paste, and start Claude Desktop anew. On Windows the command "
        "may be `py` instead of `python3`.",
        "claude_desktop_config.json",
    ),
    Snippet(
        "cursor",
        "Cursor",
        "Settings",
        "JSON",
        "Save it as `.cursor/mcp.json` in a project, or in your home folder for all of them.",
        "mcp.json",
    ),
    Snippet(
        "vs_code",
        "VS Code",
        "Settings",
        "JSON",
        "Save it as `.vscode/mcp.json` in a project, or run “MCP: Open User Configuration”. Keep the file "
        "out of version control: the key is in it.",
        "mcp.json",
    ),
    Snippet(
        "any_client",
        "Any other client",
        "Bridge on standard input and output",
        "Shell",
        "For clients that start a program. Where Flux itself is installed, `flux mcp-stdio` is the same. "
        "Clients that ask an address need the address and the header `Authorization: Bearer KEY`.",
    ),
)


def set_up(base: str, key: str = PLACEHOLDER) -> dict[str, list[tuple[Snippet, str]]]:
    """Every text by the agent it is for; `base` is the server's address without a slash at the end."""
    found: dict[str, list[tuple[Snippet, str]]] = {}
    for agent in AGENTS:
        text = fill(f"mcp/{agent.id}.txt", base=base, key=key, bridge=BRIDGE)
        found.setdefault(agent.tool, []).append((agent, text))
    return found
