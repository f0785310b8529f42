"""What `batten fix` writes by itself is noticed by no visitor of any application behind any edge.

`HYPOTHESIS_PROFILE=proof` plays over plain HTTP, too.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from chrome import Browser
from edges import EDGES, write
from journeys import JOURNEYS, Journey
from places import Edge, Place
from play import Seen, differences
from visits import fix, fixed, plays, sound, visit

from batten.technologies import technologies

PAGE = Path(__file__).parents[2] / "docs" / "fixes.md"


def culprits(edge: Edge, at: Place, browser: Browser, wrong: tuple[Journey, str], before: Seen) -> list[str]:
    """The controls whose fixes a visitor notices, each by itself; only worked out for a test that fails."""
    write(edge, at)
    found = []
    for slug in sorted({slug for slug, _ in fixed(fix(at.folder))}):
        write(edge, at)
        fix(at.folder, "--control", slug)
        if differences(before, visit(edge, at, browser, [wrong])[0]):
            found.append(slug)
    return found


def documented(name: str) -> set[str]:
    """The controls whose fixes docs/fixes.md calls safe for a technology; `tools/fixes.py` writes it from the writers."""
    section = PAGE.read_text().partition(f"\n## {technologies()[name].title}\n")[2].partition("\n## ")[0]
    safe = section.partition("\n### Safe\n")[2].partition("\n### ")[0]
    return set(re.findall(r"^\| \[([\w-]+)\]", safe, re.MULTILINE))


@pytest.mark.parametrize("name", EDGES)
def test_visitors_notice_no_safe_fix(name: str, place: Place, browser: Browser) -> None:
    edge, chosen = EDGES[name], plays(name)
    write(edge, place)
    before = visit(edge, place, browser, chosen)
    sound(chosen, before)
    unplayed = documented(name) - {slug for slug, _ in fixed(fix(place.folder))}
    assert not unplayed, "docs/fixes.md calls these safe, and no site here needs them"
    after = visit(edge, place, browser, chosen)
    noticed = []
    for one, old, new in zip(chosen, before, after, strict=True):
        if told := differences(old, new):
            by = culprits(edge, place, browser, one, old)
            noticed.append("\n  ".join([f"{one[0].name} over {one[1]}, by {by}:", *told]))
    assert not noticed, "\n".join(noticed)


STRICT = "add_header Content-Security-Policy \"default-src 'none'\" always;"
PAGES = [
    j
    for j in JOURNEYS
    if j.name
    not in ("django form", "api from the page", "upload", "api alone", "api with a login", "own policy")
]


def test_every_page_shows_a_policy_that_is_too_strict(place: Place, browser: Browser) -> None:
    """A journey that no header can break would prove nothing."""
    write(EDGES["nginx"], place)
    config = place.folder / "nginx.conf"
    config.write_text(config.read_text().replace("    sendfile on;", f"    sendfile on;\n    {STRICT}"))
    seen = visit(EDGES["nginx"], place, browser, [(j, "https") for j in PAGES])
    assert [j.name for j, one in zip(PAGES, seen, strict=True) if one.whole() and not one.trouble] == []


@pytest.mark.parametrize(
    ("header", "journey"),
    [
        ("Referrer-Policy no-referrer", "django form"),
        ("X-Content-Type-Options nosniff", "old pages"),
        ("X-Frame-Options DENY", "embedding"),
        ("Cross-Origin-Resource-Policy same-origin", "embedding"),
        ("Cross-Origin-Opener-Policy same-origin", "embedding"),
        ('Permissions-Policy "camera=(), geolocation=(), microphone=()"', "sensors"),
        ("Content-Security-Policy \"form-action 'none'\"", "upload"),
        ("Content-Security-Policy \"connect-src 'none'\"", "another origin"),
    ],
)
def test_a_journey_shows_each_header_that_can_break_it(
    header: str, journey: str, place: Place, browser: Browser
) -> None:
    write(EDGES["nginx"], place)
    config = place.folder / "nginx.conf"
    chosen = [(j, "https") for j in JOURNEYS if j.name == journey]
    before = visit(EDGES["nginx"], place, browser, chosen)
    config.write_text(
        config.read_text().replace("    sendfile on;", f"    sendfile on;\n    add_header {header} always;")
    )
    after = visit(EDGES["nginx"], place, browser, chosen)
    assert any(map(differences, before, after))
