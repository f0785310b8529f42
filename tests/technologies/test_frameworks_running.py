"""What is said of Django, Flask, FastAPI, Litestar, Gunicorn and PHP, seen in what they answer: before the fixes, and after them."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from batten.engine.review import review
from batten.formats import Workspace, apply
from batten.model import Safety
from batten.policy import Policy
from needs import needs, program, where
from servers import free_port, listener
from waiting import BOUND

NAME = "api.example.com"
POLICY = Policy(hosts=(NAME,), origins=("https://shop.example.com",))

# Asks a WSGI application, and prints what it answers: status, header fields, body.
ASK_WSGI = """
import importlib, io, json, sys
module, name, *requests = json.loads(sys.argv[1])
application = getattr(importlib.import_module(module), name)
answers = []
for method, path, host, origin in requests:
    head = {}
    def start(status, fields, error=None):
        head.update(status=int(status.split()[0]), fields=[list(one) for one in fields])
        return lambda data: None
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": host, "SERVER_PORT": "80",
        "HTTP_HOST": host, "HTTP_ORIGIN": origin, "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(), "wsgi.errors": io.StringIO(), "wsgi.multithread": False, "wsgi.multiprocess": False,
        "wsgi.run_once": False, "REMOTE_ADDR": "127.0.0.1"}
    body = b"".join(application(environ, start))
    answers.append([head["status"], head["fields"], body.decode(errors="replace")])
print(json.dumps(answers))
"""
ASK_ASGI = """
import asyncio, importlib, json, sys
module, name, *requests = json.loads(sys.argv[1])
application = getattr(importlib.import_module(module), name)
async def asked(method, path, host, origin):
    found = {"body": b""}
    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}
    async def send(message):
        if message["type"] == "http.response.start":
            found.update(status=message["status"], fields=[[n.decode(), v.decode()] for n, v in message["headers"]])
        else:
            found["body"] += message.get("body", b"")
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path, "raw_path": path.encode(),
        "root_path": "", "scheme": "http", "query_string": b"", "headers": [(b"host", host.encode()), (b"origin", origin.encode())],
        "client": ("127.0.0.1", 1), "server": (host, 80)}
    try:
        await application(scope, receive, send)
    except ZeroDivisionError:
        pass  # it is answered, and raised for the server's log
    return [found["status"], found["fields"], found["body"].decode(errors="replace")]
print(json.dumps([asyncio.run(asked(*one)) for one in requests]))
"""


@dataclass(frozen=True)
class Answer:
    status: int
    fields: list[list[str]]
    body: str

    def __getitem__(self, name: str) -> str:
        return ", ".join(value for key, value in self.fields if key.lower() == name)


def asked(folder: Path, how: str, target: str, *requests: tuple[str, str, str, str]) -> list[Answer]:
    """What the application `module:name` in a folder answers, in a process of its own."""
    called = [sys.executable, "-c", how, json.dumps([*target.split(":"), *requests])]
    environment = {
        **os.environ,
        "PYTHONPATH": str(folder),
        "SECRET_KEY": "0" * 50,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        called, cwd=folder, env=environment, capture_output=True, timeout=BOUND * 4, check=False
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return [Answer(*one) for one in json.loads(done.stdout)]


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def fixed(folder: Path, files: dict[str, str], path: str) -> tuple[set[str], str]:
    """The controls that a file violates, and its text with all fixes."""
    (text, found) = files[path], set()
    for _ in range(3):  # a fix may wait for the one before
        result = review(Workspace(folder, {**files, path: text}), POLICY)
        assert result.problems == []
        own = [f for f in result.findings if f.at.source == path]
        found |= {f.control for f in own}
        edits = {}
        for finding in own:
            if finding.fix is not None and finding.fix.safety is not Safety.VALUE:
                edits.update(
                    {(e.span.start, e.span.end, e.text): e for e in finding.fix.edits if e.source == path}
                )
        if not edits:
            break
        text = apply(text, list(edits.values()))
    return found, text


DJANGO = {
    "settings.py": """import os

SECRET_KEY = os.environ["SECRET_KEY"]
DEBUG = True
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "urls"
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
SECURE_CONTENT_TYPE_NOSNIFF = False
SECURE_REFERRER_POLICY = "unsafe-url"
X_FRAME_OPTIONS = "ALLOWALL"
DATABASES = {}
""",
    "urls.py": "from django.urls import path\n\nimport views\n\nurlpatterns = [path('login', views.login), path('broken', views.broken)]\n",
    "views.py": """from django.http import HttpResponse


def login(request):
    request.session["user"] = 1
    return HttpResponse("in")


def broken(request):
    secret_of_this_frame = 1
    return HttpResponse(secret_of_this_frame / 0)
""",
    "wsgi.py": """import os

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
""",
}  # fmt: skip


def test_django(tmp_path: Path) -> None:
    found, repaired = fixed(tmp_path, DJANGO, "settings.py")
    assert {"debug-off", "host-header-checked", "cookie-flags", "nosniff-sent", "framing-denied", "referrer-policy-sent"} <= found  # fmt: skip
    requests = [
        ("GET", "/login", NAME, ""),
        ("GET", "/broken", NAME, ""),
        ("GET", "/login", "evil.example", ""),
    ]
    login, broken, foreign = asked(written(tmp_path / "a", DJANGO), ASK_WSGI, "wsgi:application", *requests)
    assert "Traceback" in broken.body and "secret_of_this_frame" in broken.body
    assert foreign.status == 200 and "Secure" not in login["set-cookie"]
    assert login["x-frame-options"] == "ALLOWALL" and not login["x-content-type-options"]
    after = written(tmp_path / "b", {**DJANGO, "settings.py": repaired})
    login, broken, foreign = asked(after, ASK_WSGI, "wsgi:application", *requests)
    assert broken.status == 500 and "Traceback" not in broken.body
    assert foreign.status == 400 and "Secure" in login["set-cookie"] and "SameSite=Lax" in login["set-cookie"]
    assert login["x-frame-options"] in ("DENY", "SAMEORIGIN") and login["x-content-type-options"] == "nosniff"
    assert login["referrer-policy"] not in ("", "unsafe-url")


FLASK = {
    "app.py": """import os
import traceback

from flask import Flask, jsonify, session
from flask_cors import CORS

app = Flask(__name__)
app.secret_key = os.environ["SECRET_KEY"]
app.config["TRUSTED_HOSTS"] = []
CORS(app, supports_credentials=True)


@app.get("/login")
def login():
    session["user"] = 1
    response = jsonify({})
    response.set_cookie("remember_token", "1")
    return response


@app.get("/environment")
def environment():
    return jsonify(dict(os.environ))


@app.route("/v1/orders", methods=["GET", "PUT"])
def orders():
    return []


@app.get("/broken")
def broken():
    return 1 / 0


@app.errorhandler(Exception)
def failed(error):
    return traceback.format_exc(), getattr(error, "code", 500)
""",
    "openapi.yaml": """openapi: 3.1.0
info: {title: Orders, version: "1"}
servers: [{url: https://api.example.com}]
security: [{token: []}]
paths:
  /v1/orders: {get: {responses: {"200": {description: The orders.}}}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
""",
}


def test_flask(tmp_path: Path) -> None:
    found, repaired = fixed(tmp_path, FLASK, "app.py")
    assert {"cookie-flags", "cors-credentials-narrow", "error-free-of-traces", "console-not-exposed", "verbs-as-specified", "host-header-checked"} <= found  # fmt: skip
    foreign = "https://evil.example"
    requests = [("GET", "/login", NAME, foreign), ("PUT", "/v1/orders", NAME, ""), ("GET", "/broken", NAME, ""),
        ("GET", "/environment", NAME, ""), ("GET", "/v1/orders", "evil.example", "")]  # fmt: skip
    login, put, broken, shown, other = asked(written(tmp_path / "a", FLASK), ASK_WSGI, "app:app", *requests)
    assert (
        login["access-control-allow-origin"] == foreign
        and login["access-control-allow-credentials"] == "true"
    )
    assert login["set-cookie"].count("Secure") == 0 and put.status == 200 and "Traceback" in broken.body
    assert "0" * 50 in shown.body and other.status == 200
    after = written(tmp_path / "b", {**FLASK, "app.py": repaired})
    login, put, broken, _, other = asked(after, ASK_WSGI, "app:app", *requests)
    assert not login["access-control-allow-origin"] and login["set-cookie"].count("Secure") == 2
    assert (
        put.status == 405 and broken.status == 500 and "Traceback" not in broken.body and other.status == 400
    )


FASTAPI = {
    "main.py": """import traceback

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse, Response

app = FastAPI(debug=True)
app.add_middleware(TrustedHostMiddleware, allowed_hosts=["*"])
app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)


@app.get("/login")
def login(response: Response) -> str:
    response.set_cookie("session", "1")
    return "in"


@app.get("/broken")
def broken() -> float:
    return 1 / 0


@app.exception_handler(KeyError)
def failed(request, error):
    return PlainTextResponse(traceback.format_exc(), 500)
"""
}


def test_fastapi(tmp_path: Path) -> None:
    found, repaired = fixed(tmp_path, FASTAPI, "main.py")
    assert {"debug-off", "cookie-flags", "cors-credentials-narrow", "console-not-exposed", "host-header-checked", "error-free-of-traces"} <= found  # fmt: skip
    foreign = "https://evil.example"
    requests = [("GET", "/login", NAME, foreign), ("GET", "/broken", NAME, ""), ("GET", "/docs", NAME, ""), ("GET", "/login", "evil.example", "")]  # fmt: skip
    login, broken, docs, other = asked(written(tmp_path / "a", FASTAPI), ASK_ASGI, "main:app", *requests)
    assert "Traceback" in broken.body and docs.status == other.status == 200
    assert "Secure" not in login["set-cookie"] and login["access-control-allow-credentials"] == "true"
    after = written(tmp_path / "b", {"main.py": repaired})
    login, broken, docs, other = asked(after, ASK_ASGI, "main:app", *requests)
    assert (
        broken.status == 500 and "Traceback" not in broken.body and docs.status == 404 and other.status == 400
    )
    assert "Secure" in login["set-cookie"] and not login["access-control-allow-origin"]


LITESTAR = {
    "main.py": """import traceback

from litestar import Litestar, Response, get
from litestar.config.cors import CORSConfig


@get("/login")
async def login() -> Response[str]:
    response = Response("in")
    response.set_cookie("session", "1")
    return response


@get("/broken")
async def broken() -> float:
    return 1 / 0


@get("/caught")
async def caught() -> Response[str]:
    try:
        return Response(str(1 / 0))
    except ArithmeticError:
        return Response(traceback.format_exc(), status_code=500)


app = Litestar(
    route_handlers=[login, broken, caught],
    debug=True,
    allowed_hosts=["*"],
    cors_config=CORSConfig(allow_credentials=True),
)
"""
}


def test_litestar(tmp_path: Path) -> None:
    found, repaired = fixed(tmp_path, LITESTAR, "main.py")
    assert {"debug-off", "cookie-flags", "cors-credentials-narrow", "console-not-exposed", "host-header-checked", "error-free-of-traces"} <= found  # fmt: skip
    foreign = "https://evil.example"
    requests = [("GET", "/login", NAME, foreign), ("GET", "/broken", NAME, ""), ("GET", "/caught", NAME, ""),
        ("GET", "/schema/openapi.json", NAME, ""), ("GET", "/login", "evil.example", "")]  # fmt: skip
    login, broken, caught, schema, other = asked(written(tmp_path / "a", LITESTAR), ASK_ASGI, "main:app", *requests)  # fmt: skip
    assert "ZeroDivisionError" in broken.body and "Traceback" in broken.body and "Traceback" in caught.body
    assert schema.status == other.status == 200 and "Secure" not in login["set-cookie"]
    assert login["access-control-allow-credentials"] == "true" and login["access-control-allow-origin"]
    after = written(tmp_path / "b", {"main.py": repaired})
    login, broken, caught, schema, other = asked(after, ASK_ASGI, "main:app", *requests)
    assert broken.status == 500 and "Traceback" not in broken.body and caught.body == "internal error"
    assert schema.status == 404 and other.status == 400 and "Secure" in login["set-cookie"]
    assert not login["access-control-allow-origin"]


GUNICORN = {
    "gunicorn.conf.py": """workers = 1
reload = True
permit_unconventional_http_method = True
permit_unconventional_http_version = True
permit_obsolete_folding = True
strip_header_spaces = True
forwarded_allow_ips = "*"
header_map = "dangerous"
""",
    "served.py": """def app(environ, start):
    start("200 OK", [("Content-Type", "text/plain")])
    return [" ".join((environ["REQUEST_METHOD"], environ["wsgi.url_scheme"], environ.get("HTTP_X_USER", "-"))).encode()]
""",
}


@contextmanager
def gunicorn(folder: Path) -> Iterator[Callable[[str], bytes]]:
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-b",
        f"127.0.0.1:{port}",
        "--no-control-socket",
        "served:app",
    ]
    with listener(command, port, folder / "log", cwd=folder):
        yield lambda text: sent(port, text)


def sent(port: int, text: str) -> bytes:
    with socket.create_connection(("127.0.0.1", port), BOUND) as wire:
        wire.sendall(text.replace("\n", "\r\n").encode())
        wire.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: wire.recv(65536), b""))


REFUSED = (
    "get!x / HTTP/1.1\nHost: a\nConnection: close\n\n",
    "GET / HTTP/1.1\nHost: a\nX-A: b\n c\nConnection: close\n\n",
    "GET / HTTP/1.1\nHost: a\nX-A : b\nConnection: close\n\n",
)


def test_gunicorn(tmp_path: Path) -> None:
    found, repaired = fixed(tmp_path, GUNICORN, "gunicorn.conf.py")
    assert {"debug-off", "smuggling-closed"} <= found
    underscore = "GET / HTTP/1.1\nHost: a\nX_User: admin\nConnection: close\n\n"
    with gunicorn(written(tmp_path / "a", GUNICORN)) as ask:
        assert [b" 200 " in ask(text) for text in REFUSED] == [True] * 3
        assert b"GET http admin" in ask(underscore)
    with gunicorn(written(tmp_path / "b", {**GUNICORN, "gunicorn.conf.py": repaired})) as ask:
        assert [b" 400 " in ask(text) for text in REFUSED] == [True] * 3
        assert b"GET http -" in ask(underscore)


PHP = {
    "php.ini": "display_errors = On\nexpose_php = On\nlog_errors = Off\nsession.auto_start = 1\nsession.use_only_cookies = 1\nsession.save_path = FOLDER\n",
    "index.php": "<?php\necho 'in';\n",
    "broken.php": "<?php\nthrow new Exception('details of this error');\n",
}  # fmt: skip


def answer(folder: Path, port: int, path: str) -> tuple[dict[str, str], str]:
    wire = http.client.HTTPConnection("127.0.0.1", port, timeout=BOUND)
    wire.request("GET", path)
    got = wire.getresponse()
    body = got.read().decode()
    wire.close()
    return {name.lower(): value for name, value in got.getheaders()}, body


@needs("php", where("php"))
def test_php(tmp_path: Path) -> None:
    found, repaired = fixed(tmp_path, PHP, "php.ini")
    assert {"error-free-of-traces", "banner-hidden", "cookie-flags", "access-logged"} <= found
    seen = []
    for name, text in (("a", PHP["php.ini"]), ("b", repaired)):
        folder, port = (
            written(tmp_path / name, {**PHP, "php.ini": text.replace("FOLDER", str(tmp_path))}),
            free_port(),
        )
        command = ["php", "-c", folder / "php.ini", "-S", f"127.0.0.1:{port}", "-t", folder]
        with listener(command, port, folder / "log"):
            seen.append((*answer(folder, port, "/index.php"), answer(folder, port, "/broken.php")[1]))
    (before, _, broken), (after, _, quiet) = seen
    assert before["x-powered-by"].startswith("PHP/") and "details of this error" in broken
    assert "secure" not in before["set-cookie"].lower()
    assert "x-powered-by" not in after and "details of this error" not in quiet
    assert {"secure", "httponly", "samesite=lax"} <= {
        part.strip().lower() for part in after["set-cookie"].split(";")
    }


@pytest.mark.parametrize("text", ["", ".php .html"])
def test_a_pool_of_fpm_is_one_that_it_accepts(text: str, tmp_path: Path) -> None:
    """What the fix writes for `security.limit_extensions` is accepted by the server."""
    server = program("php-fpm8.4", "php-fpm8.3", "php-fpm8.2", "php-fpm")
    pool = f"[www]\nuser = www-data\nlisten = {tmp_path}/shop.sock\npm = static\npm.max_children = 1\nsecurity.limit_extensions = {text}\n"
    found, repaired = fixed(tmp_path, {"www.conf": pool}, "www.conf")
    assert ("access-rule-effective" in found) is (text == "")
    (tmp_path / "fpm.conf").write_text(
        f"[global]\nerror_log = {tmp_path}/log\ninclude = {tmp_path}/www.conf\n"
    )
    (tmp_path / "www.conf").write_text(repaired)
    done = subprocess.run(
        [server, "-t", "-y", tmp_path / "fpm.conf"],
        capture_output=True,
        timeout=BOUND * 2,
        check=False,
    )
    assert done.returncode == 0, done.stderr
