"""A FastAPI application of a usual shape: log-in, CRUD, uploads, streams, files, and errors by HTTPException."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, File, Header, HTTPException, Query, Response, UploadFile
from fastapi.responses import FileResponse, RedirectResponse, StreamingResponse
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import BaseModel, Field

app = FastAPI(title="Shop")
token = OAuth2PasswordBearer(tokenUrl="/token")
CSV = Path(tempfile.gettempdir()) / "batten-test-report.csv"
CSV.write_text("id,name\n1,mug\n")


class Kind(StrEnum):
    CUP = "cup"
    PLATE = "plate"


class New(BaseModel):
    name: str = Field(max_length=40)
    kind: Kind = Kind.CUP
    price: float | None = None
    tags: list[str] = []


class Item(New):
    id: int
    seller: str = "shop@example.com"


class Page(BaseModel):
    items: list[Item]
    total: int


ITEMS: dict[int, Item] = {1: Item(id=1, name="mug", price=7.5, tags=["blue"])}


def _user(given: Annotated[str, Depends(token)]) -> str:
    if given != "good":
        raise HTTPException(401, "Invalid token", {"WWW-Authenticate": "Bearer"})
    return "ann"


def _item(item_id: int) -> Item:
    if item_id not in ITEMS:
        raise HTTPException(404, f"There is no item {item_id}")
    return ITEMS[item_id]


@app.post("/token")
def log_in(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> dict[str, str]:
    if form.password != "right":
        raise HTTPException(400, "Incorrect username or password")
    return {"access_token": "good", "token_type": "bearer"}


@app.get("/items/")
def listed(
    limit: Annotated[int, Query(ge=1, le=100)] = 10, kind: Kind | None = None, q: str | None = None
) -> Page:
    found = [i for i in ITEMS.values() if kind in (None, i.kind) and (q or "") in i.name]
    return Page(items=found[:limit], total=len(found))


@app.post("/items/", status_code=201)
def added(new: New, user: Annotated[str, Depends(_user)], response: Response) -> Item:
    if any(item.name == new.name for item in ITEMS.values()):
        raise HTTPException(409, {"code": "exists", "message": f"{new.name} exists"})
    item = Item(id=max(ITEMS) + 1, **new.model_dump())
    ITEMS[item.id] = item
    response.headers["Location"] = f"/items/{item.id}"
    return item


@app.get("/items/{item_id}", responses={404: {"description": "No such item"}})
def one(item: Annotated[Item, Depends(_item)]) -> Item:
    return item


@app.put("/items/{item_id}")
def replaced(item: Annotated[Item, Depends(_item)], new: New, user: Annotated[str, Depends(_user)]) -> Item:
    ITEMS[item.id] = Item(id=item.id, **new.model_dump())
    return ITEMS[item.id]


@app.delete("/items/{item_id}", status_code=204)
def removed(item: Annotated[Item, Depends(_item)], user: Annotated[str, Depends(_user)]) -> None:
    del ITEMS[item.id]


@app.post("/items/{item_id}/photo")
async def photo(
    item: Annotated[Item, Depends(_item)],
    photo: Annotated[UploadFile, File()],
    x_checksum: Annotated[str | None, Header()] = None,
) -> dict[str, str | int | None]:
    return {"name": photo.filename, "size": len(await photo.read()), "checksum": x_checksum}


@app.get("/export")
def exported() -> StreamingResponse:
    def lines() -> Iterator[str]:
        for item in ITEMS.values():
            yield json.dumps({"id": item.id}) + "\n"

    return StreamingResponse(lines(), media_type="application/x-ndjson")


@app.get("/events")
async def events():  # without a model, as many are
    return StreamingResponse(iter(["data: 1\n\n", "data: 2\n\n"]), media_type="text/event-stream")


@app.get("/raw")
def raw():
    return StreamingResponse(iter([b"\x00", b"\x01"]))


@app.get("/report", response_class=FileResponse)
def report() -> str:
    return str(CSV)


@app.get("/latest", response_class=RedirectResponse, status_code=303)
def latest() -> str:
    return "/items/1"


class Contact(BaseModel):
    email: str
    site: str


@app.get("/contact")
def contact() -> Contact:
    return Contact(email="shop@example.com", site="https://shop.example.com")
