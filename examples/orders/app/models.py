"""The shapes of requests and answers, as openapi.yaml declares them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Identifier = Annotated[int, Field(ge=1, le=2_147_483_647)]
Cents = Annotated[int, Field(ge=0, le=100_000_000)]


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Product(Closed):
    id: Identifier
    name: Annotated[str, Field(max_length=80)]
    price: Cents
    currency: Literal["EUR"] = "EUR"
    image: Annotated[str, Field(max_length=200)]


class ProductList(Closed):
    items: Annotated[list[Product], Field(max_length=100)]


class OrderLine(Closed):
    product_id: Identifier
    quantity: Annotated[int, Field(ge=1, le=20)]


class NewOrder(Closed):
    lines: Annotated[list[OrderLine], Field(min_length=1, max_length=20)]
    note: Annotated[str, Field(max_length=200)] = ""


class Order(Closed):
    id: Identifier
    lines: Annotated[list[OrderLine], Field(max_length=20)]
    note: Annotated[str, Field(max_length=200)]
    total: Cents
    placed_at: datetime


class OrderList(Closed):
    items: Annotated[list[Order], Field(max_length=100)]


class GiftOption(Closed):
    name: Annotated[str, Field(max_length=80)]
    price: Cents


class GiftOptions(Closed):
    wanted: Literal["yes", "no"]
    options: Annotated[list[GiftOption], Field(max_length=20)]


class Health(Closed):
    status: Literal["ok", "degraded"]
    cache: Literal["ok", "down"]
