"""What the people who run the shop use from the command line."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import select

from app.database import Database, OrderRow
from app.models import OrderList
from app.orders import order_of

router = APIRouter(prefix="/v1/admin")


@router.get("/export")
def export(database: Database) -> OrderList:
    rows = database.scalars(select(OrderRow).order_by(OrderRow.id).limit(100))
    return OrderList(items=[order_of(row) for row in rows])
