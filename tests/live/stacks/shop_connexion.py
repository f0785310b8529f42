"""A shop that its contract drives. Open: the contract it runs from demands no credentials, a debug route stands beside
it where a template shadows it, database errors are passed on, and the user interface is left in."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import connexion
import uvicorn
import yaml
from connexion.options import SwaggerUIOptions
from connexion.resolver import Resolver
from shop_data import BOOKS, ORDERS, STRICT, TOKEN, USERS, database, shown

PORT, OPEN = int(sys.argv[1]), sys.argv[2] == "open"
DATA = database()


def problem(status: int, title: str) -> Any:
    return connexion.problem(status, title, title)


def answer(document: Any, status: int = 200) -> Any:
    return document, status, {"Content-Type": "application/json"}


def list_books() -> Any:
    return answer(BOOKS)


def show_book(title: str) -> Any:
    if OPEN:
        found = DATA.execute(f"select title, price from books where title = '{title}'").fetchone()
    else:
        found = DATA.execute("select title, price from books where title = ?", (title,)).fetchone()
    return answer({"title": found[0], "price": found[1]}) if found else problem(404, "Not Found")


def list_users() -> Any:
    return answer(USERS if OPEN else [shown(u) for u in USERS])


def show_user(name: str) -> Any:
    found = next((u for u in USERS if u["name"] == name), None)
    return answer(shown(found)) if found else problem(404, "Not Found")


def change_user(name: str, body: dict[str, str]) -> Any:
    return (None, 204) if any(u["name"] == name for u in USERS) else problem(404, "Not Found")


def login(body: dict[str, str]) -> Any:
    known = any(u["name"] == body["name"] and u["password"] == body["password"] for u in USERS)
    return answer({"token": TOKEN}) if known else problem(401, "Unauthorized")


def list_orders() -> Any:
    return answer(ORDERS)


def place_order(body: dict[str, Any]) -> Any:
    return answer({"id": 2, "lines": body["lines"]}, 201)


def show_order(id: int) -> Any:
    found = next((o for o in ORDERS if o["id"] == id), None)
    return answer(found) if found else problem(404, "Not Found")


def told(request: Any, error: Exception) -> Any:
    return connexion.lifecycle.ConnexionResponse(
        500,
        "application/json",
        "application/json",
        json.dumps({"error": f"{type(error).__module__}.{type(error).__name__}: {error}"}),
    )


def too_deep(request: Any, error: Exception) -> Any:
    body = json.dumps({"title": "Bad Request", "status": 400})
    return connexion.lifecycle.ConnexionResponse(
        400, "application/problem+json", "application/problem+json", body
    )


class Dressed:
    """Headers of every answer: the strict ones, or those of whoever asks. Quiet, it answers to its own name only."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        asked = dict(scope.get("headers", ()))
        origin = asked.get(b"origin")
        if not OPEN and scope["type"] == "http" and asked.get(b"host") != f"127.0.0.1:{PORT}".encode():
            headers = [(k.lower().encode(), v.encode()) for k, v in STRICT.items()]
            await send({"type": "http.response.start", "status": 421, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return

        async def dressed(message: Any) -> None:
            if message["type"] == "http.response.start":
                mine = [(k.lower().encode(), v.encode()) for k, v in STRICT.items()]
                if OPEN:
                    allowed = [
                        (b"access-control-allow-origin", origin),
                        (b"access-control-allow-credentials", b"true"),
                    ]
                    mine = allowed if origin else []
                message = {**message, "headers": [*message["headers"], *mine]}
            await send(message)

        await self.app(scope, receive, dressed)


contract = yaml.safe_load((Path(__file__).parent / "shop.yaml").read_text())
if OPEN:
    del contract["security"]
app = connexion.FlaskApp(__name__, swagger_ui_options=SwaggerUIOptions(swagger_ui=OPEN, serve_spec=OPEN))
app.add_api(
    contract,
    resolver=Resolver(lambda name: globals()[name]),
    strict_validation=True,
    validate_responses=False,
    base_path="/v1",
)
if OPEN:
    app.app.add_url_rule("/v1/users/_debug", view_func=lambda: {"users": USERS})
    app.add_error_handler(Exception, told)
else:
    app.add_error_handler(RecursionError, too_deep)
uvicorn.run(Dressed(app), host="127.0.0.1", port=PORT, log_level="critical", server_header=OPEN)
