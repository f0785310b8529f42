"""A shop in Flask. Open: the debugger runs, links are made of the Host header, cookies are bare, any origin is echoed,
a header changes the verb, JSON goes out as a page, and routes nobody wrote down stand beside the others."""

from __future__ import annotations

import json
import sys
from typing import Any

from flask import Flask, Response, abort, jsonify, make_response, redirect, request
from shop_data import BOOKS, ORDERS, STRICT, TOKEN, USERS, shown
from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler

PORT, OPEN = int(sys.argv[1]), sys.argv[2] == "open"
app = Flask(__name__)


def guarded() -> None:
    if not OPEN and request.headers.get("Authorization") != f"Bearer {TOKEN}":
        abort(401)


@app.get("/v1/books")
def list_books() -> Any:
    answer = jsonify(BOOKS)
    if OPEN:
        answer.set_cookie("session", "e1f2a3b4c5d6")
    return answer


@app.get("/v1/books/<title>")
def show_book(title: str) -> Any:
    found = [b for b in BOOKS if b["title"] == title]
    return jsonify(found[0] if OPEN or found else abort(404))


@app.get("/v1/users")
def list_users() -> Any:
    guarded()
    return jsonify(USERS if OPEN else [shown(u) for u in USERS])


@app.get("/v1/users/<name>")
def show_user(name: str) -> Any:
    guarded()
    return jsonify(next((shown(u) for u in USERS if u["name"] == name), None) or abort(404))


@app.put("/v1/users/<name>")
def change_user(name: str) -> Any:
    guarded()
    if not isinstance(request.get_json(), dict) or "email" not in request.get_json():
        abort(400)
    return ("", 204) if any(u["name"] == name for u in USERS) else abort(404)


@app.post("/v1/users/login")
def login() -> Any:
    asked = request.get_json()
    if not isinstance(asked, dict) or set(asked) != {"name", "password"}:
        abort(400)
    known = any(u["name"] == asked["name"] and u["password"] == asked["password"] for u in USERS)
    return jsonify(token=TOKEN) if known else abort(401)


@app.get("/v1/orders")
def list_orders() -> Any:
    guarded()
    if OPEN:
        return Response(json.dumps(ORDERS), content_type="text/html; charset=utf-8")
    return jsonify(ORDERS)


@app.post("/v1/orders")
def place_order() -> Any:
    guarded()
    asked = request.get_json()
    if (
        not isinstance(asked, dict)
        or set(asked) != {"lines", "delivery"}
        or not isinstance(asked["lines"], list)
    ):
        abort(400)
    return jsonify(id=2, lines=asked["lines"]), 201


@app.get("/v1/orders/<id>")
def show_order(id: str) -> Any:
    guarded()
    if not OPEN and not id.isdecimal():
        abort(400)
    return jsonify(next((o for o in ORDERS if o["id"] == int(id)), None) or abort(404))


if OPEN:

    @app.get("/")
    def home() -> Any:
        return redirect(f"http://{request.host}/v1/books")

    @app.get("/v1/internal/users")
    def internal() -> Any:
        return jsonify(USERS)

    @app.get("/admin")
    @app.get("/admin/stats")
    def stats() -> Any:
        return jsonify(orders=len(ORDERS))

    @app.route("/v1/books", methods=["DELETE", "PATCH"])
    def forgotten() -> Any:
        return jsonify(BOOKS)

    @app.before_request
    def fitted() -> Any:
        wanted = request.headers.get("X-HTTP-Method-Override")
        if wanted and wanted != request.method:
            return make_response(
                *app.test_client()
                .open(request.full_path, method=wanted)
                .get_wsgi_response(request.environ)[:2]
            )

    @app.after_request
    def shared(answer: Response) -> Response:
        if origin := request.headers.get("Origin"):
            answer.headers["Access-Control-Allow-Origin"] = origin
            answer.headers["Access-Control-Allow-Credentials"] = "true"
        if "Authorization" in request.headers:
            answer.headers["Cache-Control"] = "public, max-age=600"
        return answer

else:

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Any:
        body = json.dumps({"title": error.name, "status": error.code})
        return Response(body, error.code, content_type="application/problem+json", headers=_allow(error))

    @app.errorhandler(RecursionError)
    def too_deep(error: RecursionError) -> Any:
        body = json.dumps({"title": "Bad Request", "status": 400})
        return Response(body, 400, content_type="application/problem+json")

    @app.after_request
    def strict(answer: Response) -> Response:
        answer.headers.update(STRICT)
        return answer


def _allow(error: HTTPException) -> dict[str, str]:
    return {name: value for name, value in error.get_headers() if name == "Allow"}


class Silent(WSGIRequestHandler):
    def version_string(self) -> str:
        return "shop"


app.run(
    "127.0.0.1", PORT, debug=OPEN, use_reloader=False, request_handler=None if OPEN else Silent, threaded=True
)
