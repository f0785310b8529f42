"""Clients that people use, through the guard: nothing that they do by themselves gets in its way."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from guard_browser import CHROMIUM, page, seen
from guard_contracts import contract
from guard_servers import served

from batten.guard.asgi import Guard
from batten.policy import Policy
from needs import needs, package

LOGIN = {"Authorization": "Bearer abc"}


async def _app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    body = (await receive()).get("body", b"")
    kind, status, said = b"application/json", 200, [b'[{"name":', b'"mug"}]']
    if scope["path"] == "/v1/events":
        kind, said = b"text/event-stream", [b"data: 1\n\n", b"data: 2\n\n"]
    elif scope["method"] == "POST":
        status, said = 201, [body]
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", kind), (b"x-total", b"1")],
        }
    )
    for chunk in said:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await asyncio.sleep(0)
    await send({"type": "http.response.body"})


@contextmanager
def _api() -> Iterator[str]:
    with served(Guard(_app, contract(), Policy())) as port:
        yield f"http://127.0.0.1:{port}/v1"


def test_httpx() -> None:
    with _api() as api, httpx.Client(trust_env=False) as client:
        assert client.get(f"{api}/things").json() == [{"name": "mug"}]
        assert client.get(f"{api}/things", params={"q": "a b/ü&c"}).status_code == 200
        assert client.post(f"{api}/things", json={"name": "mug"}, headers=LOGIN).status_code == 201
        chunks = iter((b'{"name":', b'"mug"}'))
        streamed = client.post(
            f"{api}/things", content=chunks, headers={**LOGIN, "Content-Type": "application/json"}
        )
        assert streamed.json() == {"name": "mug"}
        with client.stream("GET", f"{api}/events") as answer:
            assert list(answer.iter_lines()) == ["data: 1", "", "data: 2", ""]
        assert client.delete(f"{api}/things").headers["allow"] == "GET, POST"


def test_requests() -> None:
    requests = package("requests")
    with _api() as api, requests.Session() as session:
        session.trust_env = False
        assert session.get(f"{api}/things", params={"q": "a b"}).json() == [{"name": "mug"}]
        assert session.post(f"{api}/things", json={"name": "mug"}, headers=LOGIN).status_code == 201
        bad = session.post(f"{api}/things", json={"name": 7}, headers=LOGIN)
        assert bad.status_code == 422 and "/name" in bad.json()["detail"]
        assert session.get(f"{api}/nothing").json()["title"] == "Not Found"


@needs("curl", shutil.which("curl"))
def test_curl() -> None:
    def curl(*arguments: str) -> str:
        command = ("curl", "-sS", "--noproxy", "*", "--max-time", "20", *arguments)
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    with _api() as api:
        assert curl("--compressed", f"{api}/things") == '[{"name":"mug"}]'
        posted = ("-H", LOGIN_LINE, "--json", '{"name":"mug"}', "-w", " %{http_code}", f"{api}/things")
        assert curl(*posted) == '{"name":"mug"} 201'
        assert curl("-N", f"{api}/events") == "data: 1\n\ndata: 2\n\n"
        assert curl("-I", "-o", "/dev/null", "-w", "%{http_code}", f"{api}/things") == "405"
        assert curl("--path-as-is", "-o", "/dev/null", "-w", "%{http_code}", f"{api}/../v1/things") == "400"
        large = curl(
            "-H",
            LOGIN_LINE,
            "-H",
            "Content-Type: application/json",
            "--data-binary",
            "@" + __file__,
            "-w",
            " %{http_code}",
            f"{api}/things",
        )
        assert large.endswith(" 422")


LOGIN_LINE = "Authorization: Bearer abc"

PAGE = """<!doctype html><pre id=out></pre><script>
const told = {}
async function ask(name, path, options) {
  try {
    const answer = await fetch(API + path, options)
    told[name] = [answer.status, answer.headers.get("x-total"), (await answer.text()).trim().slice(0, 40)]
  } catch (error) { told[name] = String(error) }
}
(async () => {
  const json = {"Content-Type": "application/json", "Authorization": "Bearer abc"}
  await ask("simple", "/things")
  await ask("preflighted", "/things", {method: "POST", headers: json, body: '{"name":"mug"}'})
  await ask("undeclared header", "/things", {headers: {"X-Evil": "1"}})
  await ask("undocumented verb", "/things", {method: "DELETE"})
  await ask("undocumented path", "/nothing")
  document.getElementById("out").textContent = JSON.stringify(told)
})()
</script>"""


@needs("Chromium", CHROMIUM)
def test_chromium(tmp_path: Path) -> None:
    """The listed origin is that of 127.0.0.1; the same page as localhost is of another."""
    guard = Guard(_app, contract(), Policy())
    with (
        served(guard) as port,
        page(lambda: PAGE.replace("API", json.dumps(f"http://127.0.0.1:{port}/v1"))) as shop,
    ):
        guard.compiled.origins = frozenset((b"http://127.0.0.1:%d" % shop,))  # its port is known only now
        told = seen(f"http://127.0.0.1:{shop}/", tmp_path / "listed")
        assert told["simple"] == [200, "1", '[{"name":"mug"}]']
        assert told["preflighted"] == [201, None, '{"name":"mug"}']
        assert "TypeError" in told["undeclared header"] and "TypeError" in told["undocumented verb"]
        assert told["undocumented path"][0] == 404
        foreign = seen(f"http://localhost:{shop}/", tmp_path / "foreign")
        assert all("TypeError" in str(each) for each in foreign.values())
