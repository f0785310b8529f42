"""An ASGI framework that is no Starlette."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from guard_contracts import TEXT

from batten.guard.asgi import Guard
from needs import package


def test_quart(tmp_path: Path) -> None:
    quart = package("quart")
    (tmp_path / "openapi.yaml").write_text(TEXT, encoding="utf-8")
    app = quart.Quart(__name__)

    async def things() -> Any:
        return quart.jsonify([{"name": "mug"}])

    async def broken() -> Any:
        raise RuntimeError("secret internals")

    app.add_url_rule("/v1/things", view_func=things)
    app.add_url_rule("/v1/choice", view_func=broken)
    app.asgi_app = Guard(app.asgi_app, contract=tmp_path / "openapi.yaml")

    async def ask(path: str) -> tuple[int, bytes]:
        answer = await app.test_client().get(path)
        return answer.status_code, await answer.get_data()

    assert asyncio.run(ask("/v1/things"))[0] == 200
    status, body = asyncio.run(ask("/v1/choice"))
    assert status == 500 and len(body) == 512 and b"secret" not in body
    assert asyncio.run(ask("/static/a.js"))[0] == 404
