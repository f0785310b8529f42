"""Tokens of programs, by their digest."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from batten.watch.model import Token
from batten.watch.store.rows import as_json, texts
from batten.watch.store.tables import token


def add(db: Connection, digest: str, one: Token) -> int:
    """Keep a new token; returns its id."""
    key = db.execute(
        insert(token).values(
            digest=digest, name=one.name, hint=one.hint, account=one.user, scopes=as_json(one.scopes), team=one.team,
            environment=one.environment, created=one.created, expires=one.expires,
        )
    ).inserted_primary_key  # fmt: skip
    assert key is not None
    return int(key[0])


def find(db: Connection, digest: str, now: int) -> Token | None:
    """The token of a digest, unless it expired."""
    still = or_(token.c.expires.is_(None), token.c.expires > now)
    row = db.execute(select(token).where(token.c.digest == digest, still)).first()
    return token_of(row) if row is not None else None


def one(db: Connection, number: int) -> Token | None:
    row = db.execute(select(token).where(token.c.id == number)).first()
    return token_of(row) if row is not None else None


def every(db: Connection, user: int = 0) -> list[Token]:
    """Tokens, of one user if one is given, newest first."""
    of = [token.c.account == user] if user else []
    return [token_of(row) for row in db.execute(select(token).where(*of).order_by(token.c.id.desc()))]


def used(db: Connection, number: int, now: int) -> None:
    """Note that a token is used."""
    db.execute(update(token).where(token.c.id == number).values(used=now))


def remove(db: Connection, number: int) -> bool:
    """Revoke a token; whether there was one."""
    return db.execute(delete(token).where(token.c.id == number)).rowcount > 0


def token_of(row: Row[Any]) -> Token:
    return Token(
        id=row.id, name=row.name, hint=row.hint, user=row.account, scopes=texts(row.scopes), team=row.team,
        environment=row.environment, created=row.created, expires=row.expires, used=row.used,
    )  # fmt: skip
