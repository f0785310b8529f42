from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends
from sqlalchemy import JSON, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from app.settings import settings

CATALOGUE = [("Mug", 1290, "mug.png"), ("Kettle", 5900, "kettle.png"), ("Tea", 490, "tea.svg")]
FIRST_ORDER = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)

engine = create_engine(settings.database_url)


class Base(DeclarativeBase):
    pass


class ProductRow(Base):
    __tablename__ = "products"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[int]
    image: Mapped[str]


class OrderRow(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    note: Mapped[str]
    total: Mapped[int]
    placed_at: Mapped[datetime]


def prepare() -> None:
    """Make the tables and, in an empty database, the same rows every time."""
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        if session.scalar(select(func.count()).select_from(ProductRow)):
            return
        session.add_all(ProductRow(name=name, price=price, image=image) for name, price, image in CATALOGUE)
        session.add_all(_seeded_order(number) for number in range(1, 4))
        session.commit()


def _seeded_order(number: int) -> OrderRow:
    price = CATALOGUE[number - 1][1]
    return OrderRow(
        lines=[{"product_id": number, "quantity": number}],
        note=f"Order number {number}",
        total=price * number,
        placed_at=FIRST_ORDER + timedelta(days=number),
    )


def _session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


Database = Annotated[Session, Depends(_session)]
