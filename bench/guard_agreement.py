"""The guard's verdicts beside those of openapi-core and express-openapi-validator: `python bench/guard_agreement.py [LIST…]`.

Each is installed into an environment of its own below .bench/ (pip and npm are needed), and is asked for the same cases of
tests/guard. Every difference is printed with the argument for the guard's verdict, which is data in guard_agreement.yaml;
one without an argument fails. What a peer cannot be asked (a version that it does not read) is counted.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import yaml
from peers import PEERS, python_program

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "guard"))

from cases import parameters  # noqa: E402

ARGUED = HERE / "guard_agreement.yaml"
ADMITS, REFUSES, CANNOT = "admits", "refuses", "cannot"
SECONDS = 60.0  # until a peer must listen

OPENAPI_CORE = """\
import json, sys
from openapi_core import OpenAPI
from openapi_core.contrib.werkzeug import WerkzeugOpenAPIRequest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

read = {}
for line in sys.stdin:
    ask = json.loads(line)
    try:
        if ask["contract"] not in read:
            read[ask["contract"]] = OpenAPI.from_file_path(ask["contract"])
        path, _, query = ask["target"].partition("?")
        made = EnvironBuilder(path=path, query_string=query, method=ask["method"], headers=ask["headers"], data=ask["body"].encode("latin-1"))
        environ = made.get_environ()
        environ["QUERY_STRING"] = query
        errors = read[ask["contract"]].unmarshal_request(WerkzeugOpenAPIRequest(Request(environ))).errors
        said = "refuses" if errors else "admits"
    except Exception as error:
        said = "cannot"
        print(type(error).__name__, error, file=sys.stderr)
    print(said, flush=True)
"""
EXPRESS = """\
const express = require("express"), validator = require("express-openapi-validator");
const app = express();
for (const [prefix, apiSpec] of JSON.parse(process.argv[2])) {
  const part = express();
  part.use(express.json({strict: false}), express.urlencoded({extended: true}), express.text());
  part.use(validator.middleware({apiSpec, validateRequests: true, validateResponses: false, validateSecurity: false}));
  part.use((asked, answer) => answer.status(204).end());
  part.use((error, asked, answer, next) => answer.status(error.status || 500).end());
  const own = url => url.startsWith(prefix) && ["/", "?", undefined].includes(url[prefix.length]);
  app.use((asked, answer, next) => own(asked.url) ? part(asked, answer, next) : next());
}
app.listen(Number(process.argv[3]), "127.0.0.1", () => console.log("ready"));
"""


@dataclass(frozen=True)
class Ask:
    """One request, and whether the guard admits it. `contract` is a file's name in the folder of a run."""

    name: str
    contract: str
    prefix: str  # of all paths of the contract
    target: str
    headers: tuple[tuple[str, str], ...]
    admitted: bool
    method: str = "GET"
    body: bytes = b""


@dataclass(frozen=True)
class Cases:
    contracts: dict[str, str]  # by file name
    asks: tuple[Ask, ...]


def of_parameters() -> Cases:
    """A document for each group: what a peer does not take of one says nothing about the others."""
    contracts, asks = {}, []
    for case in parameters.CASES:
        prefix = f"{parameters.PREFIXES[case.version]}/{case.number}"
        file = f"{prefix.replace('/', '-')}.yaml"
        contracts[file] = parameters.contract(case.version, case.number)
        cut = [line.partition(":") for line in case.headers]
        headers = tuple((name, value.strip(" ")) for name, _, value in cut)
        asks.append(Ask(case.name, file, f"/{prefix}", case.target, headers, not case.refused))
    return Cases(contracts, tuple(asks))


LISTS: dict[str, Callable[[], Cases]] = {"parameters": of_parameters}


def of_openapi_core(folder: Path, cases: Cases) -> Iterator[str]:
    program = python_program("openapi-core", "python")
    subprocess.run([program, "-m", "pip", "install", "-q", "werkzeug"], check=True)
    lines = [
        json.dumps({"contract": str(folder / ask.contract), "method": ask.method, "target": ask.target, "headers": ask.headers, "body": ask.body.decode("latin-1")})
        for ask in cases.asks
    ]  # fmt: skip
    done = subprocess.run(
        [program, "-c", OPENAPI_CORE], input="\n".join(lines), capture_output=True, text=True, check=True
    )
    yield from done.stdout.split()


def of_express(folder: Path, cases: Cases) -> Iterator[str]:
    home = PEERS / "express-openapi-validator"
    if not (home / "node_modules" / "express-openapi-validator").exists():
        home.mkdir(parents=True, exist_ok=True)
        (home / "package.json").write_text("{}")
        subprocess.run(
            ["npm", "install", "--silent", "express", "express-openapi-validator"], cwd=home, check=True
        )
    (home / "serve.js").write_text(EXPRESS, encoding="utf-8")
    prefixes = dict.fromkeys((ask.prefix, str(folder / ask.contract)) for ask in cases.asks)
    with _serving(["node", str(home / "serve.js"), json.dumps(list(prefixes))]) as port:
        for ask in cases.asks:
            status = _status(port, ask)
            yield ADMITS if status == 204 else REFUSES if 400 <= status < 500 else CANNOT


PEER: dict[str, Callable[[Path, Cases], Iterator[str]]] = {
    "openapi-core": of_openapi_core,
    "express-openapi-validator": of_express,
}


@contextmanager
def _serving(command: list[str]) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    with subprocess.Popen([*command, str(port)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        try:
            assert server.stdout is not None
            end = time.monotonic() + SECONDS
            while b"ready" not in server.stdout.readline() and time.monotonic() < end:
                pass
            yield port
        finally:
            server.terminate()


def _status(port: int, ask: Ask) -> int:
    lines = [
        f"{ask.method} {ask.target} HTTP/1.1",
        "Host: a",
        *(f"{name}: {value}" for name, value in ask.headers),
    ]
    if ask.body:
        lines.append(f"Content-Length: {len(ask.body)}")
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as link:
        link.sendall("\r\n".join((*lines, "Connection: close", "", "")).encode("latin-1") + ask.body)
        found = re.match(rb"HTTP/1\.1 ([0-9]{3})", link.recv(65_536))
    return int(found[1]) if found else 0


def compared(peer: str, cases: Cases, said: Iterable[str], argued: dict[str, dict[str, str]]) -> int:
    """Prints each difference; how many are without an argument."""
    counted: Counter[str] = Counter()
    bare = 0
    for ask, verdict in zip(cases.asks, said, strict=True):
        agrees = verdict == (ADMITS if ask.admitted else REFUSES)
        counted["cannot be asked" if verdict == CANNOT else "agrees" if agrees else "differs"] += 1
        if agrees or verdict == CANNOT:
            continue
        why = next((why for name, why in argued.get(peer, {}).items() if fnmatchcase(ask.name, name)), "")
        bare += not why
        print(f"  {ask.name}: {peer} {verdict}: {why or 'NOT ARGUED'}")
    print(f"{peer}: {', '.join(f'{number} {what}' for what, number in counted.items())}")
    return bare


def main(names: list[str]) -> int:
    argued = yaml.safe_load(ARGUED.read_text(encoding="utf-8"))
    bare = 0
    for name in names or LISTS:
        cases = LISTS[name]()
        with tempfile.TemporaryDirectory() as folder:
            for file, text in cases.contracts.items():
                (Path(folder) / file).write_text(text, encoding="utf-8")
            for peer, ask in PEER.items():
                bare += compared(peer, cases, ask(Path(folder), cases), argued[name])
    return 1 if bare else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
