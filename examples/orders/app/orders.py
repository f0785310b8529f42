from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import select

from app.database import Database, OrderRow, ProductRow
from app.models import NewOrder, Order, OrderLine, OrderList
from app.settings import settings

Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


def _authenticated(credentials: Credentials) -> None:
    given = credentials.credentials if credentials else ""
    if not secrets.compare_digest(given.encode(), settings.token.encode()):
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})


router = APIRouter(prefix="/v1/orders", dependencies=[Depends(_authenticated)])


def order_of(row: OrderRow) -> Order:
    lines = [OrderLine.model_validate(line) for line in row.lines]
    placed_at = row.placed_at.replace(tzinfo=UTC)
    return Order(id=row.id, lines=lines, note=row.note, total=row.total, placed_at=placed_at)


def _found(database: Database, order_id: int) -> OrderRow:
    row = database.get(OrderRow, order_id)
    if row is None:
        raise HTTPException(404)
    return row


@router.get("")
def list_orders(database: Database) -> OrderList:
    rows = database.scalars(select(OrderRow).order_by(OrderRow.id).limit(100))
    return OrderList(items=[order_of(row) for row in rows])


@router.post("", status_code=201)
def place_order(new: NewOrder, database: Database, response: Response) -> Order:
    products = [database.get(ProductRow, line.product_id) for line in new.lines]
    total = sum(
        product.price * line.quantity for product, line in zip(products, new.lines, strict=True) if product
    )
    if None in products:
        raise HTTPException(404)
    row = OrderRow(
        lines=[line.model_dump() for line in new.lines],
        note=new.note,
        total=total,
        placed_at=datetime.now(UTC).replace(microsecond=0),
    )
    database.add(row)
    database.commit()
    response.headers["Location"] = f"/v1/orders/{row.id}"
    return order_of(row)


@router.get("/{order_id}")
def get_order(order_id: int, database: Database) -> Order:
    return order_of(_found(database, order_id))


@router.delete("/{order_id}", status_code=204)
def cancel_order(order_id: int, database: Database) -> None:
    database.delete(_found(database, order_id))
    database.commit()
