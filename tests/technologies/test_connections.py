"""Connections that applications are told of: as URLs, and in the words of drivers."""

from __future__ import annotations

import pytest

from batten.model import UNKNOWN, Location
from batten.technologies.shared.secrets.urls import connection

HERE = Location(".env", "DATABASE_URL")
ROWS = [
    ("postgres://app:x@db.example.com/shop", "postgres", "db.example.com", False, None),
    ("postgresql+psycopg://app:x@db.example.com/shop?sslmode=require", "postgresql", "db.example.com", True, False),
    ("jdbc:postgresql://db.example.com:5432/shop?sslmode=verify-full", "postgresql", "db.example.com", True, True),
    ("jdbc:mysql://db.example.com/shop?useSSL=false", "mysql", "db.example.com", False, False),
    ("jdbc:mysql://db.example.com/shop?requireSSL=true&verifyServerCertificate=true", "mysql", "db.example.com", True, True),
    ("jdbc:mysql://db.example.com/shop?requireSSL=true", "mysql", "db.example.com", True, False),
    ("jdbc:mysql://db.example.com/shop?useSSL=true", "mysql", "db.example.com", None, None),
    ("jdbc:mysql://db.example.com/shop?sslMode=VERIFY_IDENTITY", "mysql", "db.example.com", True, True),
    ("jdbc:mariadb://db.example.com/shop?sslMode=trust", "mariadb", "db.example.com", True, False),
    ("host=db.example.com user=app password=x sslmode=disable", "postgresql", "db.example.com", False, False),
    ("host=db.example.com port=5433 dbname=shop sslmode=verify-ca", "postgresql", "db.example.com", True, True),
    ("host='db.example.com' user=app", "postgresql", "db.example.com", False, None),
    ("app:x@tcp(db.example.com:3306)/shop?tls=skip-verify", "mysql", "db.example.com", True, False),
    ("app:x@tcp(db.example.com)/shop", "mysql", "db.example.com", False, None),
    ("app:x@tcp(db.example.com)/shop?tls=preferred", "mysql", "db.example.com", False, False),
    ("app:x@tcp(db.example.com)/shop?tls=true", "mysql", "db.example.com", True, True),
    ("rediss://cache.example.com?ssl_cert_reqs=none", "rediss", "cache.example.com", True, False),
    ("mongodb://db.example.com/?tls=true&tlsAllowInvalidCertificates=true", "mongodb", "db.example.com", True, False),
    ("host=\0 user=app sslmode=\0", "postgresql", "", None, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "scheme", "host", "encrypted", "verified"), ROWS, ids=[row[0] for row in ROWS]
)
def test_a_connection_is_as_its_driver_takes_it(
    text: str, scheme: str, host: str, encrypted: bool | None, verified: bool | None
) -> None:
    found = connection("DATABASE_URL", text, HERE)
    assert found is not None
    assert (found.scheme, found.host) == (scheme, host)
    assert (found.encrypted.known(None), found.verified.known(None)) == (encrypted, verified)


@pytest.mark.parametrize(
    "text", ["host=db", "user=app", "the host=a user=b", "tcp(a)", "http://0.0.0.0:80", "x"]
)
def test_other_texts_are_none(text: str) -> None:
    assert connection("SETTING", text, HERE) is None


def test_a_password_is_noted_wherever_it_is() -> None:
    texts = (
        "jdbc:mysql://db/shop?user=app&password=x",
        "host=db user=a password=x",
        "a:x@tcp(db)/s",
        "postgres://a:x@b",
    )
    for text in texts:
        found = connection("DATABASE_URL", text, HERE)
        assert found is not None and found.has_password
    bare = connection("DATABASE_URL", "host=db user=a", HERE)
    assert bare is not None and not bare.has_password and bare.encrypted.effective is not UNKNOWN
