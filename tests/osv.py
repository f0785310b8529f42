"""OSV as batten meets it: records, the export with its layout, and a server that speaks the API. The records are written here;
their form is that of https://ossf.github.io/osv-schema/, the layout and the API are those of https://google.github.io/osv.dev/."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Lock, Thread
from typing import Any
from urllib.parse import unquote

from needs import PACKAGES, needs

NEEDED = needs("univers", find_spec("univers") and find_spec("cvss"), PACKAGES)
Record = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]
CVSS = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"  # 9.8


def record(
    name: str,
    package: str = "shop",
    ecosystem: str = "PyPI",
    *events: dict[str, str],
    modified: str = "2026-11-01T00:00:00Z",
    kind: str = "ECOSYSTEM",
    **more: object,
) -> Record:
    """An advisory about one package; without events every version is affected."""
    affected: Record = {"package": {"ecosystem": ecosystem, "name": package}}
    affected["ranges"] = [{"type": kind, "events": list(events or ({"introduced": "0"},))}]
    return {
        "schema_version": "1.7.5",
        "id": name,
        "modified": modified,
        "affected": [affected],
    } | more


def before(version: str) -> tuple[dict[str, str], dict[str, str]]:
    """The events of what one version fixes."""
    return {"introduced": "0"}, {"fixed": version}


def archive(records: Iterable[Record | tuple[str, bytes]]) -> bytes:
    """An `all.zip`."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for one in records:
            name, data = one if isinstance(one, tuple) else (f"{one['id']}.json", json.dumps(one).encode())
            file.writestr(name, data)
    return made.getvalue()


def changes(records: Iterable[Record]) -> bytes:
    """A `modified_id.csv`: newest first."""
    rows = sorted(((r["modified"], r["id"]) for r in records), reverse=True)
    return "".join(f"{when},{name}\n" for when, name in rows).encode()


def lay_out(folder: Path, export: dict[str, list[Record]]) -> Path:
    """The export in a folder."""
    (folder / "ecosystems.txt").write_text("".join(f"{name}\n" for name in export))
    for name, records in export.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "all.zip").write_bytes(archive(records))
        (folder / name / "modified_id.csv").write_bytes(changes(records))
    return folder


@dataclass
class Served:
    """What a server has and was asked; `spoil` answers in its place, `before` it does."""

    files: dict[str, bytes] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    bodies: list[Record] = field(default_factory=list)
    spoil: Callable[[str, int], Answer | None] = lambda path, times: None
    page: int = 1000
    url: str = ""
    lock: Lock = field(default_factory=Lock)

    def export(self, ecosystem: str, records: list[Record]) -> None:
        """Put an ecosystem's files in place."""
        self.files[f"/{ecosystem}/all.zip"] = archive(records)
        self.files[f"/{ecosystem}/modified_id.csv"] = changes(records)
        self.files |= {f"/{ecosystem}/{r['id']}.json": json.dumps(r).encode() for r in records}
        names = {path.split("/")[1] for path in self.files if path.endswith("all.zip")}
        self.files["/ecosystems.txt"] = "".join(f"{name}\n" for name in sorted(names)).encode()

    def answer(self, path: str, body: bytes) -> Answer:
        with self.lock:
            self.asked.append(path)
            times = self.asked.count(path)
        spoilt = self.spoil(path, times)
        if spoilt is not None:
            return spoilt
        if path == "/v1/querybatch":
            return self.batch(json.loads(body))
        if path.startswith("/v1/vulns/"):
            found = self.records.get(path.removeprefix("/v1/vulns/"))
            return (404, {}, b"{}") if found is None else (200, {}, json.dumps(found).encode())
        if path in self.files:
            return 200, {"ETag": f'"{len(self.files[path])}"'}, self.files[path]
        return 404, {}, b""

    def batch(self, body: Record) -> Answer:
        with self.lock:
            self.bodies.append(body)
        results = []
        for query in body["queries"]:
            named = [r["id"] for r in self.records.values() if _about(r, query["package"])]
            start = int(query.get("page_token", "0"))
            result: Record = {"vulns": [{"id": n, "modified": ""} for n in named[start : start + self.page]]}
            if start + self.page < len(named):
                result["next_page_token"] = str(start + self.page)
            results.append(result if named else {})
        return 200, {}, json.dumps({"results": results}).encode()


def _about(one: Record, package: dict[str, str]) -> bool:
    return any(a["package"] == package for a in one["affected"])


@contextmanager
def serving(served: Served) -> Iterator[Served]:
    """The server, on a port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            status, headers, body = served.answer(unquote(self.path), self.rfile.read(size))
            start = _resumed(self.headers.get("Range"), self.headers.get("If-Range"), headers)
            if status == 200 and start:
                status, body = 206, body[start:]
            self.send_response(status)
            length = headers.pop("Content-Length", str(len(body)))
            for name, value in (headers | {"Content-Length": length}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        served.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()


def _resumed(wanted: str | None, tag: str | None, headers: dict[str, str]) -> int:
    same = wanted is not None and tag == headers.get("ETag")
    return int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted is not None and same else 0
