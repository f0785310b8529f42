from __future__ import annotations

import pytest

from batten.formats import Workspace
from batten.formats.document import Text
from batten.model import Finding, Kind, Location, Severity, Span
from batten.reports.excerpt import excerpt
from batten.reports.masks import Masks, masks


def marked(text: str, piece: str, slug: str = "secret-not-inline", kind: Kind = Kind.VALUE) -> str:
    start = text.index(piece)
    at = Location("f", "p", Span(start, start + len(piece)), kind=kind)
    finding = Finding(
        control=slug,
        severity=Severity.HIGH,
        message="m",
        at=at,
        fingerprint="f",
        region=Text("f", text).region(at),
    )
    workspace = Workspace("/nonexistent", {"f": text})
    seen = excerpt(finding, workspace, masks([finding], workspace))
    assert seen is not None
    return f"{seen.before}[{seen.marked}]{seen.after}"


@pytest.mark.parametrize(
    ("text", "piece", "shown"),
    [
        ("password: s3cr3t # note\n", "s3cr3t", "password: [•••]"),
        ("requirepass s3cr3t\n", "s3cr3t", "[•••]"),
        ("requirepass s3cr3t\n", "requirepass s3cr3t", "[•••]"),
        ('  "key": "s3cr3t",\n', '"s3cr3t"', '  "key": [•••]'),
        ("    - KEY=s3cr3t\n", "KEY=s3cr3t", "    - [•••]"),
        ("a: |\n  -----BEGIN\n  MIIE\n", "|\n  -----BEGIN\n  MIIE", "a: [•••]"),
    ],
)
def test_a_secret_is_never_shown(text: str, piece: str, shown: str) -> None:
    assert marked(text, piece) == shown


def test_other_controls_show_the_line() -> None:
    assert marked("listen 80; # x\n", "listen 80;", "tls-required") == "[listen 80;] # x"


def test_what_looks_like_a_credential_is_masked_without_a_finding() -> None:
    assert "s3cr3tvalue" not in marked("url http://u:s3cr3tvalue@h/ on;\n", "on;", "tls-required")


def test_every_line_of_a_long_secret_is_masked() -> None:
    text = "a: |\n  -----BEGIN\n  MIIE\nb: 1\n"
    at = Location("f", "p", Span(3, text.index("b:")))
    workspace = Workspace("/nonexistent", {"f": text})
    found = masks(
        [Finding(control="secret-not-inline", severity=Severity.HIGH, message="m", at=at, fingerprint="f")],
        workspace,
    )
    assert [found.line(Text("f", text), n) for n in (1, 2, 3, 4)] == [
        "a: •••",
        "  •••",
        "  •••",
        "b: 1",
    ]


def test_a_secret_without_a_place_hides_the_whole_file() -> None:
    workspace = Workspace("/nonexistent", {"f": "x\n"})
    found = masks(
        [
            Finding(
                control="secret-not-inline",
                severity=Severity.HIGH,
                message="m",
                at=Location("f", "p"),
                fingerprint="f",
            )
        ],
        workspace,
    )
    assert found.line(Text("f", "x\n"), 1) == "•••"
    assert isinstance(found, Masks)


@pytest.mark.parametrize(
    ("text", "last", "shown"),
    [
        ("e:\n  a: x\n  b: 1\n", "\n  ", ["e:", "  a: •••", "  b: 1"]),
        ("e:\n  a: x\nvolumes:\n", "\n", ["e:", "  a: •••", "volumes:"]),
        ("e:\n  a: |\n    x\n  b: 1\n", "\n  ", ["e:", "  a: •••", "    •••", "  b: 1"]),
    ],
)
def test_the_line_after_an_entry_is_shown(text: str, last: str, shown: list[str]) -> None:
    """An entry of a block of YAML ends behind the indentation of the next one."""
    at = Location("f", "p", Span(text.index("a:") + 3, text.index("x") + 1 + len(last)))
    workspace = Workspace("/nonexistent", {"f": text})
    finding = Finding(
        control="secret-not-inline", severity=Severity.HIGH, message="m", at=at, fingerprint="f"
    )
    found = masks([finding], workspace)
    assert [found.line(Text("f", text), n) for n in range(1, len(shown) + 1)] == shown
