"""Small applications for the tests, each a script that listens on the port it is told."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from live_servers import running

from needs import without
from servers import free_port

FLASK = """
import sys
from flask import Flask, jsonify, request
app = Flask(__name__)

@app.get("/v1/items/<id>")
def item(id):
    return jsonify(id=int(id))

@app.route("/v1/items", methods=["GET", "PUT"])
def items():
    return jsonify([])

@app.post("/v1/items/login")
def login():
    return jsonify(token="x")

@app.get("/v1/createdb")
def createdb():
    open("created", "w").close()
    return jsonify(ok=True)

app.run("127.0.0.1", int(sys.argv[1]), debug=DEBUG, use_reloader=False)
"""

DJANGO = """
import sys
from django.conf import settings
settings.configure(DEBUG=DEBUG, SECRET_KEY="x" * 50, ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], MIDDLEWARE=[])
from django.http import JsonResponse
from django.urls import path
def item(request, id):
    return JsonResponse({"id": int(id)})
urlpatterns = [path("v1/items/<id>", item)]
from django.core.management import execute_from_command_line
execute_from_command_line(["x", "runserver", "127.0.0.1:" + sys.argv[1], "--noreload"])
"""

# The dot before "example" is escaped and the one behind "shop" is not; the other policy has no end.
STARLETTE = """
import sys
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Route
def items(request):
    return JSONResponse([])
app = Starlette(routes=[Route("/v1/items", items)], middleware=[Middleware(
    CORSMiddleware, allow_origin_regex=PATTERN, allow_credentials=True)])
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="critical")
"""

GRAPHQL = """
import sys
import strawberry
import uvicorn
from strawberry.asgi import GraphQL
from strawberry.schema.config import StrawberryConfig
@strawberry.type
class Query:
    @strawberry.field
    def name(self) -> str:
        return "x"
schema = strawberry.Schema(Query, config=StrawberryConfig(batching_config={"max_operations": 10}))
app = GraphQL(schema)
async def routed(scope, receive, send):
    if scope["type"] == "http" and scope["path"] != "/graphql":
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})
    else:
        await app(scope, receive, send)
uvicorn.run(routed, host="127.0.0.1", port=int(sys.argv[1]), log_level="critical", lifespan="off")
"""

GRPC = """
import sys
from concurrent import futures
import grpc
from grpc_reflection.v1alpha import reflection
server = grpc.server(futures.ThreadPoolExecutor(2))
if REFLECTION:
    reflection.enable_server_reflection(["shop.Orders", reflection.SERVICE_NAME], server)
if PEM:
    pair = tuple(open(path, "rb").read() for path in PEM)
    server.add_secure_port("127.0.0.1:" + sys.argv[1], grpc.ssl_server_credentials([pair]))
else:
    server.add_insecure_port("127.0.0.1:" + sys.argv[1])
server.start()
server.wait_for_termination()
"""

EXPRESS = """
const express = require("express");
const app = express();
app.use((request, response, next) => {
  if (OVERRIDE && request.headers["x-http-method-override"]) request.method = request.headers["x-http-method-override"];
  next();
});
app.get("/v1/items/:id", (request, response) => {
  if (isNaN(request.params.id)) throw new Error("no number");
  response.json({ id: Number(request.params.id) });
});
app.all("/v1/items/:id", (request, response) => response.set("Allow", "GET").sendStatus(405));
app.listen(Number(process.argv[2]), "127.0.0.1");
"""


@contextmanager
def script(folder: Path, text: str, **values: object) -> Iterator[int]:
    """The application, with the names in it set to these values, on a port of its own."""
    port = free_port()
    settings = "".join(f"{name} = {value!r}\n" for name, value in values.items())
    (folder / "app.py").write_text(settings + text)
    with running([sys.executable, "app.py", str(port)], port, folder):
        yield port


@contextmanager
def express(folder: Path, override: bool) -> Iterator[int]:
    modules = Path("/usr/share/nodejs")  # where Debian's node-express puts it
    if not (modules / "express").is_dir():
        without("node-express")
    port = free_port()
    text = f"const OVERRIDE = {'true' if override else 'false'};\n" + EXPRESS
    (folder / "app.js").write_text(text)
    with running(["env", f"NODE_PATH={modules}", "node", "app.js", str(port)], port, folder):
        yield port
