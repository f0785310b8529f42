"""What makes a fix risky is said of controls and cases that there are."""

from __future__ import annotations

from batten.controls import RISKS, all_controls, registered, risk_of
from test_pages import technologies


def test_risks_are_of_controls_that_there_are() -> None:
    technologies()
    named = {name.partition("/")[0] for name in RISKS}
    unknown = sorted(named - set(all_controls()) - {c.slug for c in registered()})
    assert unknown == [], "no control has this slug: correct it in controls/_risks.py"


def test_a_case_and_a_technology_may_differ() -> None:
    assert risk_of("image-trusted-build", "package-cache", "dockerfile")
    assert not risk_of("image-trusted-build", "add-local", "dockerfile")
    assert risk_of("debug-off", "debug-mode", "fastapi") and not risk_of("debug-off", "debug-mode", "caddy")
