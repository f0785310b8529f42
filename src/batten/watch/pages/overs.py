"""What a role or a channel is over: everything, a team, or one environment; as selects have it and as forms bring it back."""

from __future__ import annotations

from batten.watch.pages.filtering import Offered
from batten.watch.pages.forms import Form


def overs(offers: Offered) -> tuple[tuple[str, str], ...]:
    """Values and names: "0.0", "<team>.0" or "0.<environment>"."""
    return (
        ("0.0", "everything"),
        *((f"{key}.0", f"team {name}") for key, name in offers.teams),
        *((f"0.{key}", name) for key, name in offers.environments),
    )


def over_of(form: Form) -> tuple[int, int] | None:
    """The team and the environment of a form's choice; None where it is not one."""
    team, dot, environment = form.get("over", "").partition(".")
    both = (team, environment)
    if not dot or not all(text.isascii() and text.isdigit() and len(text) < 19 for text in both):
        return None
    return int(team), int(environment)
