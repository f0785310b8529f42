"""Settings that batten names are made in real applications, and what was found is gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from advised import advice, findings
from applications import script
from live_servers import running

from batten.model.record import record
from batten.policy import Environment
from needs import program, without
from proofs import turn
from servers import free_port

# `# here` is where what is told is written; what it is written instead of stands in the case.
_SERVED = "uvicorn.run(app, host='127.0.0.1', port=int(sys.argv[1]), log_level='critical')\n"
FASTAPI = f"""
import sys
import uvicorn
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
app = FastAPI(debug=True)
app.add_middleware(CORSMiddleware,
allow_origins=["*"], allow_credentials=True)
@app.get("/v1/items/{{id}}")
def item(id: str):
    return {{"id": int(id)}}
{_SERVED}"""
DOCUMENTED = FASTAPI.replace("debug=True", "")
STARLETTE = f"""
import sys
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route
def fails(request):
    raise ValueError("x")
app = Starlette(debug=True, routes=[Route("/", fails)],
    middleware=[Middleware(CORSMiddleware, allow_origin_regex=".*", allow_credentials=True)])
{_SERVED}"""
READABLE = STARLETTE.replace('raise ValueError("x")', "return JSONResponse([])").replace(
    "import Route\n", "import Route\nfrom starlette.responses import JSONResponse\n"
)
LITESTAR = f"""
import sys
import uvicorn
from litestar import Litestar, get
from litestar.config.cors import CORSConfig
@get("/v1/items")
async def items() -> list[str]:
    return []
app = Litestar([items], cors_config=CORSConfig(allow_origins=["*"]))
{_SERVED}"""
FLASK = """
import sys
from flask import Flask, jsonify, session
app = Flask(__name__)
app.secret_key = "x" * 40
# here
@app.get("/")
def start():
    session["a"] = 1
    return jsonify(a=1)
app.run("127.0.0.1", int(sys.argv[1]))
"""
DEBUGGED = """
import sys
from flask import Flask
app = Flask(__name__)
@app.get("/")
def start():
    raise ValueError("x")
app.run("127.0.0.1", int(sys.argv[1]), use_reloader=False, debug=True)
"""
DJANGO = """
import sys
from django.conf import settings
SETTINGS = dict(
    SECRET_KEY="x" * 50, ROOT_URLCONF=__name__, INSTALLED_APPS=["django.contrib.sessions"],
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.clickjacking.XFrameOptionsMiddleware"])
DEBUG = True
ALLOWED_HOSTS = ["*"]
SECURE_CONTENT_TYPE_NOSNIFF = False
SECURE_REFERRER_POLICY = None
CSRF_COOKIE_SECURE = False
SESSION_COOKIE_SECURE = False
SECURE_SSL_REDIRECT = False
settings.configure(**SETTINGS, **{k: v for k, v in globals().items() if k.isupper() and k != "SETTINGS"})
from django.http import JsonResponse
from django.middleware.csrf import get_token
from django.urls import path
def start(request):
    get_token(request)
    request.session["a"] = 1
    return JsonResponse({"a": 1})
def fails(request):
    raise ValueError("x")
urlpatterns = [path("", start), path("favicon.ico", fails)]
from django.core.management import execute_from_command_line
execute_from_command_line(["x", "runserver", "127.0.0.1:" + sys.argv[1], "--noreload"])
"""
TORNADO = """
import asyncio
import sys
import tornado.web
class Start(tornado.web.RequestHandler):
    # here
    def get(self):
        self.write({"a": 1})
class Lost(Start):
    def prepare(self):
        raise tornado.web.HTTPError(404)
async def serve():
    tornado.web.Application([("/", Start)], default_handler_class=Lost).listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()
asyncio.run(serve())
"""
EXPRESS = """
const express = require("express");
const app = express();
// here
app.get("/", (request, response) => response.json({ a: 1 }));
app.use((request, response) => response.status(404).json({ a: 1 }));
app.listen(Number(process.argv[2]), "127.0.0.1");
"""
FAILING = """
const express = require("express");
const app = express();
app.get("/", () => { throw new Error("x"); });
app.listen(Number(process.argv[2]), "127.0.0.1");
"""
PHP = """<?php
# here
header("Content-Type: application/json");
http_response_code($_SERVER["REQUEST_URI"] === "/" ? 200 : 404);
echo '{"a": 1}';
"""


@record
class Case:
    """`told` is in the advice, in backquotes; what `gone` names is replaced by `made`, "" for `told` itself."""

    name: str
    title: str
    text: str
    control: str
    told: str
    gone: str
    made: str = ""


CASES = (
    Case("fastapi-debug", "FastAPI", FASTAPI, "debug-off", "app = FastAPI(debug=False)", "app = FastAPI(debug=True)"),
    Case(
        "fastapi-cors", "FastAPI", FASTAPI, "cors-credentials-narrow",
        'allow_origins=["https://app.example.com"]', 'allow_origins=["*"]',
    ),
    Case(
        "fastapi-docs", "FastAPI", DOCUMENTED, "console-not-exposed",
        "app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)", "app = FastAPI()",
    ),
    Case("starlette-traces", "Starlette", STARLETTE, "error-free-of-traces", "Starlette(debug=False)", "Starlette(debug=True", "Starlette(debug=False"),
    Case(
        "starlette-cors", "Starlette", READABLE, "cors-credentials-narrow",
        'allow_origins=["https://app.example.com"]', 'allow_origin_regex=".*"',
    ),
    Case(
        "litestar-cors", "Litestar", LITESTAR, "cors-origin-listed",
        'CORSConfig(allow_origins=["https://app.example.com"])', 'CORSConfig(allow_origins=["*"])',
    ),
    Case(
        "litestar-headers", "Litestar", LITESTAR, "nosniff-sent",
        'MutableScopeHeaders.from_message(message)["X-Content-Type-Options"] = "nosniff"',
        "app = Litestar([items],",
        "from litestar.datastructures import MutableScopeHeaders\n"
        "async def sent(message, scope):\n"
        '    if message["type"] == "http.response.start":\n'
        '        MutableScopeHeaders.from_message(message)["X-Content-Type-Options"] = "nosniff"\n'
        "app = Litestar([items], before_send=[sent],",
    ),
    Case(
        "flask-cookies", "Flask", FLASK, "cookie-flags",
        'app.config.update(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax")', "# here",
    ),
    Case(
        "flask-headers", "Flask", FLASK, "nosniff-sent",
        'response.headers["X-Content-Type-Options"] = "nosniff"', "# here",
        '@app.after_request\ndef sent(response):\n    response.headers["X-Content-Type-Options"] = "nosniff"\n    return response',
    ),
    Case("flask-debug", "Flask", DEBUGGED, "debug-off", "debug=True", ", debug=True", ", debug=False"),
    Case("django-debug", "Django", DJANGO, "debug-off", "DEBUG = False", "DEBUG = True"),
    Case(
        "django-redirect", "Django", DJANGO, "tls-required", "SECURE_SSL_REDIRECT = True", "SECURE_SSL_REDIRECT = False",
    ),
    Case(
        "django-sniffing", "Django", DJANGO.replace("DEBUG = True", "DEBUG = False"), "nosniff-sent",
        "SECURE_CONTENT_TYPE_NOSNIFF = True", "SECURE_CONTENT_TYPE_NOSNIFF = False",
    ),
    Case(
        "django-referrer", "Django", DJANGO.replace("DEBUG = True", "DEBUG = False"), "referrer-policy-sent",
        'SECURE_REFERRER_POLICY = "no-referrer"', "SECURE_REFERRER_POLICY = None",
    ),
    Case(
        "express-headers", "Express", EXPRESS, "nosniff-sent",
        'app.use((req, res, next) => { res.set("X-Content-Type-Options", "nosniff"); next(); })', "// here",
    ),
    Case("express-traces", "Express", FAILING, "error-free-of-traces", "NODE_ENV=production", "// here"),
    Case("tornado-banner", "Tornado", TORNADO, "banner-hidden", 'self.clear_header("Server")', "# here",
         'def set_default_headers(self):\n        self.clear_header("Server")'),
    Case("php-banner", "PHP", PHP, "banner-hidden", "expose_php = Off", "# here"),
    Case(
        "php-cookies", "PHP", PHP.replace("# here", "session_start();"), "cookie-flags", "session.cookie_secure = On", "# here",
        "session.cookie_secure = On; session.cookie_httponly = On; session.cookie_samesite = Lax",
    ),
    Case("php-headers", "PHP", PHP, "nosniff-sent", 'header("X-Content-Type-Options: nosniff");', "# here"),
)  # fmt: skip


@contextmanager
def served(case: Case, folder: Path, after: bool) -> Iterator[int]:
    """The application, before or after what is told was made."""
    folder.mkdir()
    text = case.text.replace(case.gone, case.made or case.told) if after else case.text
    with _started(case, folder, text, after) as port:
        yield port


def _started(case: Case, folder: Path, text: str, after: bool) -> AbstractContextManager[int]:
    if case.title == "PHP":
        settings = (case.made or case.told).split("; ") if after and " = " in case.told else []
        return _php(
            folder, case.text if settings else text, [f"-d{one.replace(' ', '')}" for one in settings]
        )
    if case.title == "Express":
        return _node(folder, text, [case.told] if after and case.told.startswith("NODE_ENV") else [])
    return script(folder, text)


@contextmanager
def _php(folder: Path, text: str, options: list[str]) -> Iterator[int]:
    port = free_port()
    (folder / "index.php").write_text(text)
    with running([program("php"), *options, "-S", f"127.0.0.1:{port}", "index.php"], port, folder):
        yield port


@contextmanager
def _node(folder: Path, text: str, variables: list[str]) -> Iterator[int]:
    modules = Path("/usr/share/nodejs")  # where Debian's node-express puts it
    if not (modules / "express").is_dir():
        without("node-express")
    port = free_port()
    (folder / "app.js").write_text(text)
    with running(["env", f"NODE_PATH={modules}", *variables, "node", "app.js", str(port)], port, folder):
        yield port


@pytest.mark.parametrize("case", turn("advice", CASES, 7), ids=lambda case: case.name)
def test_a_setting_that_is_told_is_enough(case: Case, tmp_path: Path) -> None:
    with served(case, tmp_path / "before", after=False) as port:
        before = findings(Environment("test", f"http://127.0.0.1:{port}", rate=5000))
    told = advice(before, case.title)
    assert case.told in told.get(case.control, []), [(f.control, f.message, f.advice) for f in before]
    with served(case, tmp_path / "after", after=True) as port:
        after = findings(Environment("test", f"http://127.0.0.1:{port}", rate=5000))
    still = [f for f in after if f.control == case.control]
    assert still == [], [(f.message, f.at.pointer) for f in still]
