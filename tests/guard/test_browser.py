"""Chromium through the proxy: preflights with cookies, foreign pages, and a page that is served over it."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from guard_browser import CHROMIUM, page, seen
from guard_proxies import settings, working
from guard_servers import served

from needs import needs

pytestmark = needs("Chromium", CHROMIUM)

CONTRACT = """\
openapi: 3.1.0
info: {title: Shop, version: "1"}
servers: [{url: /v1}]
security: [{session: []}]
paths:
  /login: {post: {security: [], responses: {"204": {description: a session}}}}
  /basket:
    get: {responses: {"200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Basket"}}}}}}
    put:
      parameters: [{name: X-Request-Id, in: header, schema: {type: string}}]
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Basket"}}}}
      responses: {"200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Basket"}}}}}
  /page: {get: {security: [], responses: {"200": {description: ok, content: {text/html: {}}}}}}
  /page.js: {get: {security: [], responses: {"200": {description: ok, content: {text/javascript: {}}}}}}
  /page.css: {get: {security: [], responses: {"200": {description: ok, content: {text/css: {}}}}}}
  /page.png: {get: {security: [], responses: {"200": {description: ok, content: {image/png: {}}}}}}
components:
  securitySchemes: {session: {type: apiKey, in: cookie, name: sid}}
  schemas:
    Basket: {type: object, additionalProperties: false, required: [items], properties: {items: {type: array, items: {type: string}}}}
"""
SHOP = """<!doctype html><pre id=out></pre><script>
const told = {}
async function ask(name, path, options) {
  try {
    const answer = await fetch(API + path, {credentials: "include", ...options})
    told[name] = [answer.status, (await answer.text()).trim()]
  } catch (error) { told[name] = String(error) }
}
(async () => {
  const json = {"Content-Type": "application/json", "X-Request-Id": "7"}
  await ask("login", "/login", {method: "POST"})
  await ask("read", "/basket")
  await ask("write", "/basket", {method: "PUT", headers: json, body: '{"items":["mug"]}'})
  await ask("without cookies", "/basket", {credentials: "omit"})
  await new Promise(done => {
    const script = document.createElement("script")
    script.onload = () => { told.embedded = true; done() }
    script.onerror = () => { told.embedded = false; done() }
    script.src = API + "/basket"
    document.head.append(script)
  })
  document.getElementById("out").textContent = JSON.stringify(told)
})()
</script>"""
PAGE = """<!doctype html><link rel=stylesheet href=page.css><img id=mug src=page.png><pre id=out></pre><script src=page.js></script>"""
SCRIPT = """addEventListener("load", async () => {
  const answer = await fetch("login", {method: "POST"})
  document.getElementById("out").textContent = JSON.stringify({
    image: document.getElementById("mug").naturalWidth, margin: getComputedStyle(document.body).marginTop, status: answer.status,
    readable: document.cookie})
})"""


def _png() -> bytes:
    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = zlib.compress(b"\0\xff\0\0")
    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", pixels) + part(b"IEND", b"")


FILES = {
    "/v1/page": (b"text/html; charset=utf-8", PAGE.encode()), "/v1/page.js": (b"text/javascript", SCRIPT.encode()),
    "/v1/page.css": (b"text/css", b"body { margin-top: 41px }"), "/v1/page.png": (b"image/png", _png()),
}  # fmt: skip


class Shop:
    """The application. `asked` is what reached it, with the cookies that came along."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, bytes]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = (await receive()).get("body", b"")
        method, path = scope["method"], scope["path"]
        self.asked.append((method, path, dict(scope["headers"]).get(b"cookie", b"")))
        kind, said = FILES.get(path, (b"application/json", body or b'{"items":[]}'))
        status, headers = 200, [(b"content-type", kind)]
        if path == "/v1/login":
            status, headers, said = 204, [(b"set-cookie", b"sid=1; Path=/")], b""
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": said})


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[tuple[Shop, int, int]]:
    """The application, the guard's port, and that of pages whose origin is listed as localhost's."""
    app = Shop()
    with served(app) as upstream:
        chosen = settings(tmp_path, upstream)
        (tmp_path / "openapi.yaml").write_text(CONTRACT, encoding="utf-8")
        text = [""]
        with page(lambda: text[0]) as pages:
            (tmp_path / "batten.yaml").write_text(
                f"origins: ['http://localhost:{pages}']\n", encoding="utf-8"
            )
            with working(chosen) as (port, _):
                text[0] = SHOP.replace("API", json.dumps(f"http://localhost:{port}/v1"))
                yield app, port, pages


def test_preflights_and_cookies(shop: tuple[Shop, int, int], tmp_path: Path) -> None:
    app, _, pages = shop
    told = seen(f"http://localhost:{pages}/", tmp_path / "listed")
    basket = '{"items":["mug"]}'
    assert (
        told["login"] == [204, ""]
        and told["read"] == [200, '{"items":[]}']
        and told["write"] == [200, basket]
    )
    assert told["without cookies"][0] == 401 and told["embedded"] is False
    assert ("PUT", "/v1/basket", b"sid=1") in app.asked and not any(
        method == "OPTIONS" for method, _, _ in app.asked
    )


def test_foreign_pages(shop: tuple[Shop, int, int], tmp_path: Path) -> None:
    """What a page may send without asking reaches the application, but the page reads nothing of it."""
    app, _, pages = shop
    told = seen(f"http://127.0.0.1:{pages}/", tmp_path / "foreign")
    assert told.pop("embedded") is False and len(told) == 4
    assert all("TypeError" in str(each) for each in told.values())
    assert not any(method in ("PUT", "OPTIONS") for method, _, _ in app.asked)


def test_page(shop: tuple[Shop, int, int], tmp_path: Path) -> None:
    """Its style, script and image work under the headers that the guard adds; its cookie is out of scripts' reach."""
    told = seen(f"http://localhost:{shop[1]}/v1/page", tmp_path / "page")
    assert told == {"image": 1, "margin": "41px", "status": 204, "readable": ""}
