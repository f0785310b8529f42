"""Editors of flows, by the programs that their vendors ship."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from node_programs import served
from product_cases import BCRYPT, Case, Reply, doubled, html, json_of, refused

_LOCKED = f"""module.exports = {{ adminAuth: {{ type: "credentials", users: [
  {{ username: "u", permissions: "*", password: "{BCRYPT}" }}] }} }};"""


@contextmanager
def _node_red(folder: Path, port: int, settings: str) -> Iterator[None]:
    (folder / "settings.js").write_text(settings)
    options = ("--port", port, "--userDir", folder, "--settings", folder / "settings.js")
    with served(folder, port, "node-red", "node-red", *options):
        yield


_N8N = html("<html><head><title>n8n.io - Workflow Automation</title></head><body></body></html>")


def _settings(unowned: bool) -> Reply:
    management = {"authenticationMethod": "email", "showSetupOnFirstLoad": unowned, "smtpSetup": False}
    return json_of({"data": {"settingsMode": "public", "userManagement": management}})


CASES = (
    Case(
        product="Node-RED",
        opened=lambda f, p: _node_red(f, p, "module.exports = {};"),
        locked=lambda f, p: _node_red(f, p, _LOCKED),
        weak=("cors-origin-listed",),  # it lets every origin read its answers
    ),
    Case(
        product="n8n",
        double=True,
        source="https://github.com/n8n-io/n8n/blob/master/packages/%40n8n/api-types/src/frontend-settings.ts",
        opened=doubled({"GET /": _N8N, "GET /rest/settings": _settings(True)}),
        locked=doubled(
            {"GET /": _N8N, "GET /rest/settings": _settings(False), "GET /rest/workflows": refused(401)}
        ),
    ),
)
