"""Servers of coding assistants and of their tools: they run commands for whoever asks."""

from __future__ import annotations

from batten.live.exchange import Headers, Response
from batten.live.products.product import Product, Read, both, keys, named, page, says, text, without

_JSON: Headers = (
    ("Content-Type", "application/json"),
    ("Accept", "application/json, text/event-stream"),
)
_HELLO = (
    b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18",'
    b'"capabilities":{},"clientInfo":{"name":"batten","version":"1"}}}'
)
_REFUSED = (400, 404, 405, 406)


def _wants_a_session(response: Response) -> bool:
    """How a server of the protocol refuses a GET without a session (Model Context Protocol, Streamable HTTP)."""
    said = says(r'"jsonrpc"\s*:\s*"2\.0"', r'"error"\s*:')
    return response.status in _REFUSED and said(response)


PRODUCTS = (
    Product(
        name="OpenCode",
        sign=page(r"<title>OpenCode</title>|<html[^>]*data-opencode|opencode-theme"),
        reads=(Read("/path", keys("home", "worktree", "directory")),),
        gains="run any command as its user, and read and write its files and the keys of its providers",
        close="Set `OPENCODE_SERVER_PASSWORD`, and keep `--hostname 127.0.0.1`.",
        source="https://opencode.ai/v1/docs/server.md",
        version=r'"version":\s*"(\d[\w.]+)"',
        tells="/global/health",
    ),
    Product(
        name="MCP server",
        sign=_wants_a_session,
        at=("/mcp",),
        reads=(Read("/mcp", both(page(r'"protocolVersion"', r'"serverInfo"'), without(r'"error"\s*:')), "POST", _JSON, _HELLO),),
        gains="call every tool of the server, and read its resources",
        close="Require an access token at the endpoint, as the authorization chapter of the protocol describes.",
        source="https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization",
    ),
    Product(
        name="Claude Code Router",
        sign=text(r'"message"\s*:\s*"LLMs API"'),
        reads=(Read("/api/config", keys("Providers")),),
        gains="read the keys of its model providers, and change where prompts are sent",
        close="Set `APIKEY` in config.json, and keep `HOST` 127.0.0.1.",
        source="https://www.npmjs.com/package/@musistudio/claude-code-router/v/2.0.0",
    ),
    Product(
        name="MCP Inspector",
        sign=named(r"MCP Inspector"),
        reads=(Read("/api/config", keys("defaultEnvironment", "version")),),
        gains="run any command on its machine, as a server that it connects to, and read the secrets that it keeps",
        close="Unset `DANGEROUSLY_OMIT_AUTH`, and keep `HOST` on loopback.",
        source="https://github.com/modelcontextprotocol/inspector/blob/main/clients/web/README.md#hosting-on-a-network",
        version=r'"version":\s*"(\d[\w.]+)"',
    ),
)  # fmt: skip
