"""The ASGI middleware beside express-openapi-validator, one process each: `python bench/guard_validators.py [SECONDS]`
(wrk, node and npm are needed).

Both hold the same requests of four parameters, and the same answers of 1 KB, against the same contract; paths, queries and
headers are new each time. Each is asked for some seconds, in turns, with and without its validator; medians are compared.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from peers import PEERS

from guard import BIN, CONTRACT, ORDER, TURNS, Way, free_port, measure, started

PARAMETERS = """[
        {name: id, in: path, required: true, schema: {type: integer, minimum: 1}},
        {name: limit, in: query, required: true, schema: {type: integer, minimum: 1, maximum: 100}},
        {name: sort, in: query, required: true, schema: {type: string, enum: [name, created, total]}},
        {name: X-Request-Id, in: header, required: true, schema: {type: string, maxLength: 64}}]"""
VARIED = """\
local n = 10000
request = function()
  n = n + 1
  return wrk.format("GET", "/v1/items/" .. n .. "?limit=" .. (n % 100 + 1) .. "&sort=created",
    {["X-Request-Id"] = "r" .. n, ["Accept"] = "application/json", ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64)"})
end
"""
ASGI = """\
from pathlib import Path
from batten.guard.asgi import Guard
ORDER = Path("order.json").read_bytes()
async def bare(scope, receive, send):
    if scope["type"] == "http":
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(ORDER)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": ORDER})
guarded = Guard(bare, contract="openapi.yaml")
"""
EXPRESS = """\
const express = require("express"), validator = require("express-openapi-validator"), fs = require("fs");
const app = express(), order = JSON.parse(fs.readFileSync("order.json"));
app.disable("x-powered-by");
if (process.argv[3] == "guarded") app.use(validator.middleware({apiSpec: "openapi.yaml", validateRequests: true, validateResponses: true}));
app.get("/v1/items/:id", (asked, answer) => answer.json(order));
app.use((error, asked, answer, next) => answer.status(error.status || 500).end());
app.listen(Number(process.argv[2]), "127.0.0.1");
"""


def asgi(stack: ExitStack, folder: Path, name: str) -> Way:
    port = free_port()
    command = [str(BIN / "uvicorn"), f"bench_asgi:{name}", "--port", str(port), "--log-level", "critical", "--loop", "uvloop",
               "--http", "httptools", "--no-server-header"]  # fmt: skip
    return Way(f"ASGI, {name}", port, started(stack, command, folder, port), "validators.lua")


def express(stack: ExitStack, folder: Path, name: str) -> Way:
    port = free_port()
    return Way(
        f"Express, {name}",
        port,
        started(stack, ["node", "bench.js", str(port), name], folder, port),
        "validators.lua",
    )


def installed(folder: Path) -> None:
    home = PEERS / "express-openapi-validator"
    if not (home / "node_modules" / "express-openapi-validator").exists():
        home.mkdir(parents=True, exist_ok=True)
        (home / "package.json").write_text("{}")
        wanted = ["express", "express-openapi-validator"]
        subprocess.run(["npm", "install", "--silent", *wanted], cwd=home, check=True)
    (folder / "node_modules").symlink_to(home / "node_modules")


def main() -> None:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        before = "[{name: id, in: path, required: true, schema: {type: string}}]"
        assert before in CONTRACT
        (folder / "openapi.yaml").write_text(CONTRACT.replace(before, PARAMETERS), encoding="utf-8")
        (folder / "batten.yaml").write_text("origins: []\n", encoding="utf-8")
        (folder / "order.json").write_text(json.dumps(ORDER, separators=(",", ":")), encoding="utf-8")
        (folder / "validators.lua").write_text(VARIED, encoding="utf-8")
        (folder / "bench_asgi.py").write_text(ASGI, encoding="utf-8")
        (folder / "bench.js").write_text(EXPRESS, encoding="utf-8")
        installed(folder)
        ways = [make(stack, folder, name) for make in (asgi, express) for name in ("bare", "guarded")]
        for _ in range(TURNS):
            for way in ways:
                measure(way, seconds, folder)
        rates = {way.name: statistics.median(way.rates) for way in ways}
        for way in ways:
            print(f"{way.name:24}{rates[way.name]:10,.0f} req/s{statistics.median(way.costs):8.1f} us")
        print(f"guarded, ASGI of Express: {rates['ASGI, guarded'] / rates['Express, guarded']:.2f}")


if __name__ == "__main__":
    main()
