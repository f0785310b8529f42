"""Credentials taken out of examples and descriptions."""

from __future__ import annotations

from batten.model import Fix, Location, Safety
from batten.technologies.shared.text.entries import Page
from batten.technologies.shared.text.scalars import scalar_at

_SHOWN = frozenset(("example", "examples", "x-example", "x-examples", "description", "summary"))


def is_literal(page: Page, at: Location) -> bool:
    """Whether a location lies in text that people wrote as a value."""
    found = scalar_at(page.root, at.span.start) if at.span is not None else None
    return found is not None and isinstance(found.node.value, str)


def hide(page: Page, at: Location) -> Fix | None:
    """A placeholder for a credential; it stays valid until somebody changes it where it is used."""
    found = scalar_at(page.root, at.span.start) if at.span is not None else None
    if at.span is None or found is None:
        return None
    title = "write a placeholder, and rotate the credential"
    written = page.source.text[at.span.start : at.span.end]
    quote = written[0] if written[0] in "\"'" else ""
    edit = page.replace(at.span, f"{quote}<token>{quote}")
    if _SHOWN.intersection(found.keys):
        return Fix(title, (edit,))
    return Fix(title, (edit,), safety=Safety.RISKY, breaks="users of the credential in this document")
