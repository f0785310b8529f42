"""A shop in FastAPI. Open: documentation, metrics and hidden routes are public, errors carry the trace, answers carry
whole rows, any origin may come with credentials, and the token of the next page stands in its link."""

from __future__ import annotations

import sys
import traceback
from typing import Any

import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field
from shop_data import BOOKS, ORDERS, STRICT, TOKEN, USERS, database, shown
from starlette.exceptions import HTTPException as Refusal

PORT, OPEN = int(sys.argv[1]), sys.argv[2] == "open"
DATA = database()
app = (
    FastAPI(title="Shop")
    if OPEN
    else FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
)


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Login(Closed):
    name: str = Field(min_length=1, max_length=40)
    password: str = Field(min_length=8, max_length=80)


class Change(Closed):
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=80)


class Line(Closed):
    title: str = Field(min_length=1)
    count: int = Field(ge=1, le=99)


class NewOrder(Closed):
    lines: list[Line] = Field(min_length=1)
    delivery: dict[str, str]


def guarded(authorization: str = Header("")) -> None:
    if not OPEN and authorization != f"Bearer {TOKEN}":
        raise HTTPException(401)


@app.get("/v1/books")
def list_books() -> Any:
    return BOOKS


@app.get("/v1/books/{title}")
def show_book(title: str) -> Any:
    if OPEN:
        found = DATA.execute(f"select title, price from books where title = '{title}'").fetchone()
    else:
        found = DATA.execute("select title, price from books where title = ?", (title,)).fetchone()
    if not found:
        raise HTTPException(404)
    return {"title": found[0], "price": found[1]}


@app.get("/v1/users", dependencies=[Depends(guarded)])
def list_users() -> Any:
    return USERS if OPEN else [shown(u) for u in USERS]


@app.get("/v1/users/{name}", dependencies=[Depends(guarded)])
def show_user(name: str) -> Any:
    found = next((u for u in USERS if u["name"] == name), None)
    if not found:
        raise HTTPException(404)
    return found if OPEN else shown(found)


@app.put("/v1/users/{name}", status_code=204, dependencies=[Depends(guarded)])
def change_user(name: str, change: Change) -> None:
    if not any(u["name"] == name for u in USERS):
        raise HTTPException(404)


@app.post("/v1/users/login")
def login(asked: Login) -> Any:
    if not any(u["name"] == asked.name and u["password"] == asked.password for u in USERS):
        raise HTTPException(401)
    return {"token": TOKEN}


@app.get("/v1/orders", dependencies=[Depends(guarded)])
def list_orders() -> Any:
    return ORDERS


@app.post("/v1/orders", status_code=201, dependencies=[Depends(guarded)])
def place_order(order: NewOrder) -> Any:
    if OPEN:
        return {"order": order.model_dump()}
    return {"id": 2, "lines": order.lines}


@app.get("/v1/orders/{id}", dependencies=[Depends(guarded)])
def show_order(id: int = Path(ge=1)) -> Any:
    found = next((o for o in ORDERS if o["id"] == id), None)
    if not found:
        raise HTTPException(404)
    if OPEN:
        return {**found, "receipt": f"http://127.0.0.1:{PORT}/v1/receipts/1?access_token=9f8e7d6c5b4a"}
    return found


if OPEN:
    app.add_middleware(
        CORSMiddleware, allow_origins=["*"], allow_credentials=True, allow_methods=["*"], allow_headers=["*"]
    )

    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Any:
        return PlainTextResponse("# HELP shop_orders Orders.\n# TYPE shop_orders counter\nshop_orders 1\n")

    @app.get("/v1/internal", include_in_schema=False)
    def internal() -> Any:
        return {"users": USERS}

    @app.get("/v1/users/debug", include_in_schema=False)
    def shadowed() -> Any:
        return {"users": USERS}

    app.router.routes.insert(0, app.router.routes.pop())

    @app.exception_handler(Exception)
    def told(request: Request, error: Exception) -> Any:
        return JSONResponse({"error": repr(error), "trace": traceback.format_exc()}, 500)

else:

    @app.exception_handler(Refusal)
    def refused(request: Request, error: Refusal) -> Any:
        body = {"title": "Refused", "status": error.status_code}
        return JSONResponse(body, error.status_code, dict(error.headers or {}), "application/problem+json")

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Any:
        return JSONResponse({"title": "Invalid", "status": 422}, 422, media_type="application/problem+json")

    @app.middleware("http")
    async def strict(request: Request, call_next: Any) -> Any:
        answer = await call_next(request)
        answer.headers.update(STRICT)
        return answer


uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="critical", server_header=OPEN)
