"""What one handler, middleware or server makes is one finding, however many paths show it, and it says what makes it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from applications import script
from assessed import run
from live_servers import running

from batten.contract import load
from batten.engine.causes import Cause, causes
from batten.engine.review import Review, live_findings
from batten.facts import Observed
from batten.formats import Workspace
from batten.model import Severity
from batten.policy import Environment, Policy
from days import judged_on
from needs import needs, program
from servers import free_port

pytestmark = judged_on("2026-12-01")

# Development mode, with an error handler for paths that nothing answers: every one of them shows the trace.
EXPRESS = """
const express = require("express");
const app = express();
app.get("/v1/items/:id", (request, response) => { throw new TypeError("no number"); });
app.use((request, response, next) => next(new Error("Not Found")));
app.listen(Number(process.argv[2]), "127.0.0.1");
"""

FLASK = """
import sys
from flask import Flask
app = Flask(__name__)

@app.get("/", defaults={"path": ""})
@app.get("/<path:path>")
def anything(path):
    raise KeyError(path)

app.run("127.0.0.1", int(sys.argv[1]), debug=True, use_reloader=False)
"""

# Pages for browsers, a trace in plain text for everybody else: one debug mode.
STARLETTE = """
import sys
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

async def failing(request):
    raise LookupError("no such thing")

app = Starlette(debug=True, routes=[Route("/{path:path}", failing)])
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="critical")
"""

# A value that is no number is refused with 400, and one that is too large makes it fail: neither is declared.
STATUSES = """
import sys
from flask import Flask, jsonify
app = Flask(__name__)

@app.get("/v1/items/<id>")
def item(id):
    if not id.lstrip("-").isdigit():
        return jsonify(title="refused"), 400
    if int(id) == 1:
        return jsonify(id=1)
    raise OverflowError
app.run("127.0.0.1", int(sys.argv[1]))
"""
CONTRACT = """
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /v1/items/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: integer, minimum: 1, maximum: 5}}]
      responses: {"200": {description: One, content: {application/json: {}}}}
"""


def _express(folder: Path, port: int) -> AbstractContextManager[None]:
    (folder / "app.js").write_text(EXPRESS)
    environment = {"NODE_PATH": "/usr/share/nodejs", "NODE_ENV": "development"}
    return running([program("node"), "app.js", str(port)], port, folder, environment=environment)


def _causes(port: int, contract: str = "") -> list[Cause]:
    known = load(Workspace(Path("/"), {"openapi.yaml": contract}), "openapi.yaml")[0] if contract else None
    assessment = run(Environment("t", f"http://127.0.0.1:{port}", rate=5000, budget=4000), known)
    seen = [Observed(fact.at, "t", fact) for fact in assessment.facts]
    return causes(live_findings(seen, Review(Workspace(Path("/")), Policy())))


def _grave(found: list[Cause]) -> list[tuple[Severity, str, str]]:
    return [(c.severity, c.lead.control, c.message) for c in found if c.severity >= Severity.HIGH]


@needs("node-express", Path("/usr/share/nodejs/express").is_dir())
def test_a_trace_on_every_path_is_one_finding_that_names_express_and_counts(tmp_path: Path) -> None:
    port = free_port()
    with _express(tmp_path, port):
        found = _causes(port)
    ((severity, slug, message),) = _grave(found)
    assert (severity, slug) == (Severity.HIGH, "error-free-of-traces")
    assert message.startswith("`GET ") and message.endswith(" more are answered with an Express stack trace")
    (cause,) = (c for c in found if c.lead.control == slug)
    assert len(cause.places) > 100


def test_a_debugger_on_every_path_is_one_finding_and_critical(tmp_path: Path) -> None:
    with script(tmp_path, FLASK) as port:
        ((severity, slug, message),) = _grave(_causes(port))
    assert (severity, slug) == (Severity.CRITICAL, "debug-off")
    assert "the Werkzeug debugger, whose console runs Python code" in message


def test_a_debug_mode_that_shows_pages_and_plain_traces_is_one_finding(tmp_path: Path) -> None:
    with script(tmp_path, STARLETTE) as port:
        found = _causes(port, CONTRACT)
    ((severity, slug, message),) = _grave(found)
    assert (severity, slug) == (Severity.CRITICAL, "debug-off")
    assert "a Starlette debug page" in message
    (cause,) = (c for c in found if c.lead.control == slug)
    assert cause.also_breaks == ("error-free-of-traces",)


def test_a_failure_that_is_not_declared_is_told_beside_a_refusal_that_is_not(tmp_path: Path) -> None:
    with script(tmp_path, STATUSES) as port:
        found = _causes(port, CONTRACT)
    told = [c.message for c in found if c.lead.control == "responses-match-schema"]
    assert [m for m in told if "status 500 is not declared" in m and "answers 500" in m]
    assert [m for m in told if "status 400 is not declared" in m and "answers 400" in m]
