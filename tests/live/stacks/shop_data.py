"""What every shop in Python sells, and to whom. TOKEN lets its bearer in."""

from __future__ import annotations

import sqlite3

TOKEN = "let-me-in-1234"
STRICT = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=()",
    "Cache-Control": "no-store",
}
BOOKS = [{"title": "Tides", "price": 12.5}, {"title": "Stars", "price": 9.0}]
USERS = [
    {"name": "ann", "email": "ann@example.com", "password": "tulip-1983", "admin": True},
    {"name": "bob", "email": "bob@example.com", "password": "s3cretive!", "admin": False},
]
ORDERS = [{"id": 1, "lines": [{"title": "Tides", "count": 1}]}]


def database() -> sqlite3.Connection:
    made = sqlite3.connect(":memory:", check_same_thread=False)
    made.execute("create table books (title text, price real)")
    made.executemany("insert into books values (:title, :price)", BOOKS)
    return made


def shown(user: dict[str, object]) -> dict[str, object]:
    return {"name": user["name"], "email": user["email"]}


def who(token: str) -> dict[str, str] | None:
    """Whose token this is, as connexion asks for it."""
    return {"sub": "ann"} if token == TOKEN else None
