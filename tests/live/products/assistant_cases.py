"""Coding assistants and their tools, by the programs that their vendors ship."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from live_servers import running
from node_programs import served, starts
from product_cases import PASSWORD, PLACE, Case, installed


@contextmanager
def _opencode(folder: Path, port: int, password: str) -> Iterator[None]:
    """The program itself: what npm starts it with would outlive it."""
    installed("opencode", "opencode")
    program = PLACE / "opencode" / "node_modules" / "opencode-linux-x64" / "bin" / "opencode"
    options = ("serve", "--port", str(port), "--hostname", "127.0.0.1")
    variables = {"OPENCODE_SERVER_PASSWORD": password} if password else {}
    with running([str(program), *options], port, folder, environment=variables):
        yield


@contextmanager
def _router(folder: Path, port: int, key: str) -> Iterator[None]:
    provider = {"name": "a", "api_base_url": "http://127.0.0.1:1/v1", "api_key": "key-1", "models": ["m"]}
    settings = {"PORT": port, "HOST": "127.0.0.1", "APIKEY": key, "Providers": [provider]}
    (folder / ".claude-code-router").mkdir()
    (folder / ".claude-code-router" / "config.json").write_text(json.dumps(settings))
    with served(folder, port, "claude-code-router", "ccr", "start"):
        yield


_INSPECTOR = ("mcp-inspector", "mcp-inspector", "--web")
_AT = {"CLIENT_PORT": "{port}", "MCP_SANDBOX_PORT": "{other}", "MCP_AUTO_OPEN_ENABLED": "false"}

CASES = (
    Case(
        product="OpenCode",
        opened=lambda f, p: _opencode(f, p, ""),
        locked=lambda f, p: _opencode(f, p, PASSWORD),
    ),
    Case(
        product="Claude Code Router",
        opened=lambda f, p: _router(f, p, ""),
        locked=lambda f, p: _router(f, p, PASSWORD),
        weak=("cors-origin-listed",),  # it lets every origin read its answers
    ),
    Case(
        product="MCP Inspector",
        opened=starts(*_INSPECTOR, **_AT, DANGEROUSLY_OMIT_AUTH="true"),
        locked=starts(*_INSPECTOR, **_AT),
    ),
    Case(
        product="MCP server",
        opened=starts("mcp-everything", "mcp-server-everything", "streamableHttp", PORT="{port}"),
        ci=True,
    ),
)
