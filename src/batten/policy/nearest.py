"""The names that someone may have meant."""

from __future__ import annotations

from collections.abc import Iterable

MOST = 3


def nearest(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """At most three of the known names that are like this one, the nearest first."""
    from difflib import get_close_matches  # takes long to import, and most names are known

    there = {one.lower(): one for one in known}
    if name.lower() in there:
        return (there[name.lower()],)
    return tuple(there[near] for near in get_close_matches(name.lower(), there, MOST))


def meant(name: str, known: Iterable[str], otherwise: str) -> str:
    """The hint of an error: "did you mean `hsts-sent`?"; `otherwise` where nothing is like the name."""
    return asked(nearest(name, known)) or otherwise


def asked(near: Iterable[str]) -> str:
    """The question whether one of these was meant; "" for none."""
    *others, last = [f"`{name}`" for name in near] or [""]
    named = " or ".join(filter(None, (", ".join(others), last)))
    return f"did you mean {named}?" if named else ""
