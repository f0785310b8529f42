"""The digest of what was seen at a place: the same where the same is seen, another where it changed, and never of a secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from batten.formats import Workspace
from batten.model import Finding, Kind, Location, Severity, Span
from batten.reports.json import value_of
from batten.reports.masks import masks

TEXT = "listen 80;\nssl_protocols  TLSv1\n  TLSv1.2;\npassword: hunter2hunter2;\n"


def value(tmp_path: Path, message: str = "", text: str = TEXT, part: str = "", **more: Any) -> str:
    start = text.find(part) if part else 0
    kind = Kind.VALUE if part else Kind.WIRE
    at = Location(
        "nginx.conf" if part else "https://a.example",
        "x",
        Span(start, start + len(part)) if part else None,
        kind=kind,
    )
    finding = Finding(control="a", severity=Severity.LOW, message=message, at=at, fingerprint="f", **more)
    return value_of(finding, masks([finding], Workspace(tmp_path, {"nginx.conf": text})))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("`X` is too weak: `script-src 'nonce-abc'`", "`X` is too weak: `script-src 'nonce-def'`"),
        (
            '`GET /x` answers 200: "abc" is not of type "integer"',
            '`GET /x` answers 201: "d" is not of type "integer"',
        ),
        ("the certificate expires in 12 days", "the certificate will expire in 11 days"),
        ("weak suites are enabled: A, B and 7 more", "weak suites are accepted: A, B and 9 more"),
        (
            "the size reveals 0.93 bits: of `a` (confidence 90%)",
            "the size reveals 1 bit: of `a` (confidence 99%)",
        ),
    ],
)
def test_what_passes_is_no_change(tmp_path: Path, one: str, other: str) -> None:
    assert value(tmp_path, one) == value(tmp_path, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("obsolete versions are enabled: TLSv1.1", "obsolete versions are enabled: TLSv1.0, TLSv1.1"),
        ("the cookie `a` lacks Secure", "the cookie `b` lacks Secure"),
        ("`X-Y` is too weak: `a`", "`X-Y` is too weak: `b`"),
    ],
)
def test_what_is_worse_is_a_change(tmp_path: Path, one: str, other: str) -> None:
    assert value(tmp_path, one) != value(tmp_path, other)


def test_a_place_in_a_file_is_what_is_written_there(tmp_path: Path) -> None:
    known = value(tmp_path, part="TLSv1\n  TLSv1.2")
    assert known == value(tmp_path, text=TEXT.replace("\n  ", " "), part="TLSv1 TLSv1.2") != ""
    assert known != value(tmp_path, part="TLSv1.2")


def test_nothing_is_kept_of_what_may_be_secret(tmp_path: Path) -> None:
    assert value(tmp_path, part="hunter2hunter2") == "" == value(tmp_path, part="password: hunter2hunter2;")
    assert value(tmp_path, part="listen 80;", credential=True) == ""
    other = Finding(
        control="secret-not-inline",
        severity=Severity.LOW,
        message="`a`",
        at=Location("x", ""),
        fingerprint="f",
    )
    assert value_of(other, masks([], Workspace(tmp_path))) == ""
