"""What people see of it: set-up texts with a key that is made, and the reference."""

import html
import re

from flask import Flask
from sqlalchemy import Engine

from flux.describe.agents import set_up
from flux.describe.tool import TOOLS
from tests.mcp.agent import Agent
from tests.tenants import Tenant
from tests.web.visitor import visit


def test_a_new_key_comes_with_every_set_up_text(app: Flask, engine: Engine, ada: Tenant) -> None:
    visitor = visit(app)
    assert visitor.sign_in().status_code == 303
    limits = {"datasets": "posts", "profiles": ada.profile.public_id}
    shown = visitor.post("/settings/api", {"name": "Claude", "kind": "mcp", **limits})
    assert shown.status_code == 200
    page = html.unescape(shown.text)
    key = re.search(r'<code id="key" tabindex="0">(flux_[0-9A-Za-z]{38})<', page)
    assert key
    for agent, some in set_up("http://localhost", key[1]).items():
        for _, text in some:
            assert text in page, agent
    agent_of_it = Agent(app.test_client(), key[1])
    assert [d["name"] for d in agent_of_it.call("list_datasets")["datasets"]] == ["posts"]
    listed = visitor.text("/settings/api")
    assert "MCP, for AI agents" in listed and key[1] not in listed


def test_the_reference_tells_every_tool_and_set_up(app: Flask) -> None:
    page = html.unescape(app.test_client().get("/docs").text)
    said = re.sub(r"</?code>", "", page)
    assert [tool.name for tool in TOOLS if tool.help.replace("`", "") not in said] == []
    for some in set_up("http://localhost").values():
        for _, text in some:
            assert text in page


def test_the_address_follows_the_setting(app: Flask) -> None:
    app.config["FLUX_BASE_URL"] = "https://flux.example.org"
    page = html.unescape(app.test_client().get("/docs").text)
    assert '"url": "https://flux.example.org/mcp"' in page
