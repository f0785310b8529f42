"""What `batten fix --risky` writes is noticed by those whom its risk names, and by no other visitor.

`HYPOTHESIS_PROFILE=proof` looks behind every edge; else only behind nginx.
"""

from __future__ import annotations

import pytest
from chrome import Browser
from edges import EDGES, write
from places import Place
from play import differences
from visits import LONG, fix, plays, sound, visit

# Who notices anything of all risky fixes together, and the words of the risk that says so.
NOTICED = {
    "embedding": ("sites that show these pages in a frame", "other sites that embed these answers"),
    "old pages": ("pages whose scripts or styles are sent with another media type",),
    "own policy": ("pages that set another Referrer-Policy themselves",),
    "upload": ("clients that send more than",),
    "sensors": ("pages that use the disabled features",),
}


@pytest.mark.parametrize("name", EDGES if LONG else ["nginx"])
def test_only_those_notice_whom_the_risk_names(name: str, place: Place, browser: Browser) -> None:
    edge, chosen = EDGES[name], [(j, s) for j, s in plays(name) if s == "https"]
    write(edge, place)
    before = visit(edge, place, browser, chosen)
    sound(chosen, before)
    said = fix(place.folder, "--risky")
    after = visit(edge, place, browser, chosen)
    found = [(j.name, differences(old, new)) for (j, _), old, new in zip(chosen, before, after, strict=True)]
    told = {journey: what for journey, what in found if what}
    unsaid = {j: what for j, what in told.items() if not any(risk in said for risk in NOTICED.get(j, ()))}
    assert not unsaid, (unsaid, said)
    assert "embedding" in told and "old pages" in told, "these risks are stated, and not seen"
