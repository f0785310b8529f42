"""What `batten fix --risky` writes is noticed by those whom its risk names, and by no other visitor.

Each journey that changed is played again with each risky control alone, so that what broke it is known by name.
A slow proof.
"""

from __future__ import annotations

import re

import pytest
from chrome import Browser
from edges import EDGES, write
from journeys import Journey
from places import Edge, Place
from play import Seen, differences
from visits import fix, fixed, plays, sound, visit

from batten.model.record import record
from proofs import PROOF


@record
class Row:
    """A control whose fix has a risk that a journey shows, and the words of that risk. `kept`: edges behind which
    a header of the application's own counts all the same, so that those whom the control warns of are spared."""

    control: str
    risk: str
    journey: str
    kept: tuple[str, ...] = ()


ROWS = (
    Row("csp-sent", "sites that show these pages in a frame", "embedding"),
    Row("framing-denied", "sites that show these pages in a frame", "embedding"),
    Row("cross-origin-isolation-sent", "other sites that embed these answers", "embedding"),
    Row("nosniff-sent", "pages whose scripts or styles are sent with another media type", "old pages"),
    Row(
        "referrer-policy-sent",
        "pages that set another Referrer-Policy themselves",
        "own policy",
        ("apache", "caddy", "envoy", "haproxy"),
    ),
    Row("permissions-policy-sent", "pages that use the disabled features", "sensors"),
    Row("http-limits-set", "clients that send more than 1", "upload"),
)
Played = list[tuple[Journey, str]]


def risks(said: str) -> dict[str, str]:
    """Whom the fixes that need `--risky` may affect, by control."""
    found: dict[str, str] = {}
    for slug, risk in re.findall(
        r"^left +\S+ +([\w-]+): risky: may affect (.*); apply it", said, re.MULTILINE
    ):
        found[slug] = f"{found.get(slug, '')}; {risk}"
    return found


@pytest.mark.skipif(not PROOF, reason="a slow proof")
@pytest.mark.parametrize("name", EDGES)
def test_only_those_notice_whom_the_risk_names(name: str, place: Place, browser: Browser) -> None:
    edge, chosen = EDGES[name], [(j, s) for j, s in plays(name) if s == "https"]
    write(edge, place)
    before = visit(edge, place, browser, chosen)
    sound(chosen, before)
    said = risks(fix(place.folder))
    written = {slug for slug, _ in fixed(fix(place.folder, "--risky"))}
    after = visit(edge, place, browser, chosen)
    changed = [n for n, (old, new) in enumerate(zip(before, after, strict=True)) if differences(old, new)]
    seen = {
        (slug, journey): what
        for slug in sorted(written)
        for journey, what in alone(slug, edge, place, browser, [(chosen[n], before[n]) for n in changed])
    }
    named = {
        (row.control, row.journey)
        for row in ROWS
        if name not in row.kept and row.control in written and row.risk in said.get(row.control, "")
    }
    assert seen.keys() - named == set(), ("no risk says so", seen, said)
    assert named - seen.keys() == set(), ("this risk is stated, and not seen", said)
    assert {chosen[n][0].name for n in changed} == {journey for _, journey in seen}, "only together"


def alone(
    slug: str, edge: Edge, at: Place, browser: Browser, known: list[tuple[tuple[Journey, str], Seen]]
) -> list[tuple[str, list[str]]]:
    """The journeys that the risky fixes of one control change by themselves, and how."""
    write(edge, at)
    fix(at.folder, "--risky", "--control", slug)
    now = visit(edge, at, browser, [one for one, _ in known])
    found = [(one[0].name, differences(old, new)) for (one, old), new in zip(known, now, strict=True)]
    return [(journey, what) for journey, what in found if what]
