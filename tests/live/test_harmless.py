"""An audit of what a server saw: no verb that writes, no row more or less, nothing beside the scope, no request above
the rate, and an end when it is asked for."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import pytest
from assessed import assess, run
from fastapi import Body, FastAPI, HTTPException, Request, Response
from live_servers import raw

from batten.contract import load
from batten.formats import Workspace
from batten.live.runner import Assessment
from batten.policy import Environment
from servers import application
from waiting import BOUND, forever

BATTEN = str(Path(sys.executable).with_name("batten"))
READS = {"GET", "HEAD", "OPTIONS", "TRACE", "BATTEN", "PROPFIND"}
ROWS = 5


class Shop:
    """An API with a database, whose writing operations really write, and that notes who asked for what."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "shop.db"
        self.log: list[tuple[float, str, str]] = []  # seconds, verb, path
        with sqlite3.connect(self.file) as database:
            database.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT)")
            database.executemany("INSERT INTO items (name) VALUES (?)", [(f"item {n}",) for n in range(ROWS)])
        self.app = FastAPI()
        self.app.middleware("http")(self._note)
        self._reading()
        self._writing()

    def rows(self) -> list[tuple[int, str]]:
        with sqlite3.connect(self.file) as database:
            return database.execute("SELECT id, name FROM items ORDER BY id").fetchall()

    def verbs(self) -> set[str]:
        return {verb for _, verb, _ in self.log}

    def _do(self, statement: str, *values: object) -> int:
        with sqlite3.connect(self.file) as database:
            return database.execute(statement, values).rowcount

    async def _note(self, request: Request, call_next: Any) -> Response:
        self.log.append((time.monotonic(), request.method, request.url.path))
        answer: Response = await call_next(request)
        return answer

    def _reading(self) -> None:
        @self.app.get("/v1/items")
        def everything() -> list[int]:
            return [number for number, _ in self.rows()]

        @self.app.get("/v1/items/{id}")
        def one(id: int) -> dict[str, int]:
            if id not in [number for number, _ in self.rows()]:
                raise HTTPException(404)
            return {"id": id}

        @self.app.get("/v1/reset-database")
        def reset() -> None:
            self._do("DELETE FROM items")

    def _writing(self) -> None:
        @self.app.post("/v1/items")
        def add(name: Annotated[str, Body(embed=True)]) -> None:
            self._do("INSERT INTO items (name) VALUES (?)", name)

        @self.app.put("/v1/items/{id}")
        def change(id: int, body: dict[str, str]) -> None:
            self._do("UPDATE items SET name = ? WHERE id = ?", body["name"], id)

        @self.app.delete("/v1/items/{id}", include_in_schema=False)
        def delete(id: int) -> None:
            if not self._do("DELETE FROM items WHERE id = ?", id):
                raise HTTPException(404)

        @self.app.delete("/v1/items", include_in_schema=False)
        def clear() -> None:
            self._do("DELETE FROM items")


def audited(folder: Path, **more: Any) -> tuple[Shop, Assessment]:
    """The shop after an assessment that knows its contract."""
    shop = Shop(folder)
    text = json.dumps(shop.app.openapi())
    contract = load(Workspace(folder, {"openapi.json": text}), "openapi.json")[0]
    with application(shop.app) as port:
        return shop, run(Environment("shop", f"http://127.0.0.1:{port}", **({"rate": 5000} | more)), contract)


def test_no_verb_writes_and_no_row_changes(tmp_path: Path) -> None:
    shop, assessment = audited(tmp_path)
    assert len(shop.log) > 200
    assert shop.verbs() <= READS
    assert shop.rows() == [(n + 1, f"item {n}") for n in range(ROWS)]
    assert not [path for _, _, path in shop.log if "reset-database" in path]
    assert assessment.not_assessed == []
    left = "\n".join(p.message for p in assessment.left_alone)
    assert "GET /v1/reset-database" in left
    assert "verbs that change data: they may change data" in left


def test_an_active_assessment_adds_what_the_contract_offers_and_changes_nothing_that_is_there(
    tmp_path: Path,
) -> None:
    shop, assessment = audited(tmp_path, active=True)
    assert {"POST", "PUT", "PATCH", "DELETE"} <= shop.verbs()
    assert shop.rows()[:ROWS] == [(n + 1, f"item {n}") for n in range(ROWS)]
    assert {name for _, name in shop.rows()[ROWS:]} == {"batten"}
    assert len(shop.rows()) <= ROWS + 2
    assert ("DELETE", "/v1/items") not in {(verb, path) for _, verb, path in shop.log}
    assert "verbs that change data" not in "\n".join(p.message for p in assessment.left_alone)


def test_no_faster_than_was_agreed(tmp_path: Path) -> None:
    """What the pace is made of is in test_pace.py; a server notes late what comes while the machine is busy."""
    rate = 40
    shop, _ = audited(tmp_path, rate=rate, budget=3 * rate)
    times = [at for at, _, _ in shop.log]
    assert len(times) > 2 * rate
    assert times[-1] - times[0] > 0.5 * (len(times) - 1) / rate


def _everywhere(elsewhere: str) -> dict[str, tuple[str, str]]:
    """What names another host in every way that is followed on the own one: path -> (media type, body)."""
    return {
        "/": (
            "text/html",
            f"<html><script src='{elsewhere}/app.js'></script><a href='{elsewhere}/x'>x</a></html>",
        ),
        "/robots.txt": (
            "text/plain",
            f"User-agent: *\nDisallow: {elsewhere}/private\nSitemap: {elsewhere}/map.xml\n",
        ),
        "/sitemap.xml": ("text/xml", f"<urlset><url><loc>{elsewhere}/v1/export</loc></url></urlset>"),
        "/openapi.json": (
            "application/json",
            json.dumps(
                {"openapi": "3.0.0", "info": {"title": "x", "version": "1"}, "servers": [{"url": elsewhere}]}
                | {"paths": {"/v1/other": {"get": {"responses": {"200": {"description": "x"}}}}}}
            ),
        ),
    }


class Page:
    """A server of a few documents; everything else is redirected to the same path elsewhere."""

    def __init__(self, documents: dict[str, tuple[str, str]], elsewhere: str) -> None:
        self.documents, self.elsewhere = documents, elsewhere
        self.asked: list[str] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            verb, path, *_ = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split(" ")
            self.asked.append(path)
            media, body = self.documents.get(path, ("text/plain", ""))
            status = "200 OK" if body else f"302 Found\r\nLocation: {self.elsewhere}{path[:200]}"
            head = f"HTTP/1.1 {status}\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write((head + ("" if verb == "HEAD" else body)).encode("latin-1"))
            await writer.drain()


@contextmanager
def listener(address: str) -> Iterator[socket.socket]:
    """A port that counts on being left alone: whoever dials it waits in its queue."""
    with socket.socket() as made:
        made.bind((address, 0))
        made.listen(50)
        made.settimeout(0)
        yield made


def _was_dialled(listening: socket.socket) -> bool:
    try:
        listening.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2"])
def test_what_is_named_or_redirected_to_elsewhere_is_not_dialled(address: str, tmp_path: Path) -> None:
    async def asked() -> list[str]:
        elsewhere = f"http://{address}:{listening.getsockname()[1]}"
        page = Page(_everywhere(elsewhere), elsewhere)
        text = json.dumps({"openapi": "3.0.0", "info": {"title": "x", "version": "1"}, "servers": [{"url": elsewhere}]}
                          | {"paths": {"/v1/own": {"get": {"responses": {"200": {"description": "x"}}}}}})  # fmt: skip
        contract = load(Workspace(tmp_path, {"openapi.json": text}), "openapi.json")[0]
        async with raw(page) as port:
            await assess(Environment("x", f"http://127.0.0.1:{port}", rate=5000), contract)
        return page.asked

    with listener(address) as listening:
        paths = asyncio.run(asked())
        assert {"/v1/own", "/sitemap.xml", "/openapi.json"} <= set(paths)
        assert not _was_dialled(listening)


def test_a_name_whose_address_changes_leads_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for once a host: plain HTTP at another port goes to the same address."""
    asked_for: list[object] = []

    def changing(host: str, port: object, *more: Any, **options: Any) -> list[Any]:
        if host != "shop.example":
            return real(host, port, *more, **options)
        asked_for.append(port)
        address = "127.0.0.1" if len(asked_for) == 1 else "127.0.0.2"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port or 0))]

    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", changing)

    async def both() -> tuple[list[str], list[str]]:
        first, second = Page({"/": ("text/plain", "x")}, "/"), Page({"/": ("text/plain", "x")}, "/")
        async with raw(first) as port, raw(second) as plain:
            url, other = f"http://shop.example:{port}", f"http://shop.example:{plain}"
            await assess(Environment("x", url, plain=other, rate=5000), None)
        return first.asked, second.asked

    first, second = asyncio.run(both())
    assert first
    assert second
    assert len(asked_for) == 1


class Stalling:
    """A server that takes its time for what is below a path, once it has answered some requests."""

    def __init__(self, below: str, after: int = 0) -> None:
        self.below, self.after = below, after
        self.stalled = asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            self.after -= 1
            if self.after < 0 and head.split(b" ")[1].startswith(self.below.encode()):
                self.stalled.set()
                await forever()
            body = b"" if head.startswith(b"HEAD") else b"hi"
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\n" + body)
            await writer.drain()


async def _stops(folder: Path, asked: list[asyncio.Event], *command: str) -> tuple[int, dict[str, Any]]:
    """Interrupt the command when everything that is to be asked was: how it ended, and its report."""
    ran = [BATTEN, *command, "--format", "json", "--gate", "critical"]
    with subprocess.Popen(ran, cwd=folder, stdout=subprocess.PIPE) as process:
        try:
            await asyncio.wait_for(asyncio.gather(*(event.wait() for event in asked)), BOUND)
            process.send_signal(signal.SIGINT)
            output, _ = await asyncio.to_thread(process.communicate, None, BOUND)
            return process.returncode, json.loads(output)
        finally:
            process.kill()


def test_an_interrupt_keeps_what_is_done_and_asks_no_further_target(tmp_path: Path) -> None:
    """Two targets of one place follow each other: of those, the second waits, or is begun when the first is done."""

    async def interrupted() -> tuple[int, dict[str, Any]]:
        one, two = Stalling("/next"), Stalling("", after=12)
        async with raw(one) as port, raw(two) as other:
            targets = [f"http://127.0.0.1:{p}{path}" for path in ("", "/next") for p in (port, other)]
            return await _stops(
                tmp_path, [one.stalled, two.stalled], "probe", *targets, "--rate", "5000", "--timeout", "1000"
            )

    code, report = asyncio.run(interrupted())
    assert code == 3
    assert report["findings"]
    done, begun, next_begun, unasked = report["environments"]
    assert done["not_assessed"] == []
    for running in (begun, next_begun):
        assert running["exchanges"] > 0
        assert any("interrupted" in p["message"] for p in running["not_assessed"])
    assert (unasked["reached"], unasked["exchanges"]) == (False, 0)
    assert [p["message"] for p in unasked["not_assessed"]] == ["not assessed: everything: interrupted"]


def test_what_was_left_alone_on_purpose_fails_no_run(tmp_path: Path) -> None:
    def probed(*options: str) -> tuple[int, str]:
        command = [
            BATTEN,
            "probe",
            f"http://127.0.0.1:{port}",
            "--gate",
            "critical",
            "--rate",
            "5000",
            *options,
        ]
        made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=BOUND)
        return made.returncode, made.stdout

    shop = Shop(tmp_path)
    with application(shop.app) as port:
        code, text = probed()
        assert (code, shop.verbs() - READS) == (0, set())
        assert "verbs that change data: they may change data" in " ".join(text.split())
        (tmp_path / "openapi.json").write_text(json.dumps(shop.app.openapi()))
        code, text = probed("--active", "--contract", "openapi.json", "--format", "markdown")
    assert code == 0, text
    assert "DELETE" in shop.verbs()
    assert "verbs that change data" not in text
    assert "skipped on purpose" in text
    assert "GET /v1/reset" in text  # the deed is not done even so, nor is a whole collection taken away
    assert "DELETE was not sent" in text and "it may change something irreversibly" in text
    assert shop.rows()[:ROWS] == [(n + 1, f"item {n}") for n in range(ROWS)]


def test_what_an_interrupted_check_did_not_see_is_not_fixed(tmp_path: Path) -> None:
    """Nor does what comes after an environment that was left in the middle fall behind it."""

    async def twice() -> tuple[dict[str, Any], dict[str, Any]]:
        one, two = Stalling("/nothing"), Stalling("/nothing")
        async with raw(one) as port, raw(two) as other:
            urls = {"a": port, "b": f"{other}/b", "c": f"{other}/c"}
            rows = (
                f"  {name}: {{url: 'http://127.0.0.1:{url}', rate: 5000, timeout: 1000}}\n"
                for name, url in urls.items()
            )
            (tmp_path / "batten.yaml").write_text("environments:\n" + "".join(rows))
            command = [BATTEN, "check", "--allow", "127.0.0.1:*", "--format", "json"]
            first = await asyncio.to_thread(subprocess.run, command, cwd=tmp_path, stdout=subprocess.PIPE)
            two.below, two.after = "", 12
            return json.loads(first.stdout), (
                await _stops(tmp_path, [two.stalled], "check", "--allow", "127.0.0.1:*")
            )[1]

    first, second = asyncio.run(twice())
    assert {f["environment"] for f in first["findings"]} == {"a", "b", "c"}
    assert not [f for f in second["findings"] if f["control"] == "environment-consistent"]
    assert {p["state"] for p in second["past"]} == {"not comparable"}
    assert {"b", "c"} <= {p["environment"] for p in second["past"]} <= {"a", "b", "c"}
    assert second["summary"]["exit_code"] == 3
