"""Remedies as edits of values in PHP's code."""

from __future__ import annotations

from batten.model import Edit, Fix, Kind, Location, Remedy, Safety, Switch
from batten.model import remedy as want
from batten.technologies.frameworks.laravel.module import Module
from batten.technologies.shared.python.edits import risky
from batten.technologies.shared.transport.questions import ask_origins

_UNTRUSTED = "servers whose certificate is not signed by a trusted authority, or has another name"


def fix_of(module: Module, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make a remedy true where the finding is."""
    if at.span is None or at.kind is not Kind.VALUE:
        return None
    written = module.script.text[at.span.start : at.span.end]
    match remedy:
        case want.TurnOn(Switch.VERIFY_TLS) if at.pointer.startswith("verify"):
            name = at.pointer == "verify_name" and written.isdigit()
            text = "2" if name else "1" if written.isdigit() else "true"
            return risky("verify certificates", [Edit(at.source, at.span, text)], _UNTRUSTED)
        case want.AllowOrigins(origins) if at.pointer == "header/origin":
            title = "list the origins that may read answers"
            if not origins:
                return ask_origins(title)
            edit = Edit(at.source, at.span, f"'Access-Control-Allow-Origin: {origins[0]}'")
            return Fix(title, (edit,), safety=Safety.RISKY, breaks="web pages on other origins")
        case want.TurnOff(Switch.ERROR_DETAILS):
            return risky(
                "show no messages of errors",
                [Edit(at.source, at.span, "'0'")],
                "people who read them in pages",
            )
        case _:
            return None
