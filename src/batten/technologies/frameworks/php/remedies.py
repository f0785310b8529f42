"""Remedies as edits of directives."""

from __future__ import annotations

from batten.formats.ini import set_value
from batten.model import Edit, Fix, Location, Quantity, Remedy, Switch
from batten.model import remedy as want
from batten.technologies.frameworks.php.directives import Told
from batten.technologies.shared.python.edits import risky

_READERS = "people who read the messages in pages"


def fix_of(sections: list[Told], remedy: Remedy, at: Location) -> Fix | None:
    told = next((one for one in sections if _has(one, at)), None)
    if told is None:
        return None
    match remedy:
        case want.TurnOff(Switch.ERROR_DETAILS):
            return _set(told, at.pointer, "Off", "answer without the messages of errors", _READERS)
        case want.TurnOff(Switch.BANNER):
            return _set(told, at.pointer, "Off", "do not send X-Powered-By", "")
        case want.TurnOff(Switch.DEBUG):
            return _set(told, at.pointer, "off", "turn Xdebug off", "people who debug with it")
        case want.TurnOn(Switch.ERROR_LOG):
            return _set(told, at.pointer, "On", "log errors", "the disk of the log")
        case want.MoveToHeader():
            good = "0" if at.pointer.endswith("use_trans_sid") else "1"
            return _set(told, at.pointer, good, "take sessions from cookies only", "clients without cookies")
        case want.TurnOn(Switch.COOKIE_FLAGS):
            # The flags of the cookie; SameSite=Lax is what browsers do without it.
            wanted = {
                "session.cookie_secure": "1",
                "session.cookie_httponly": "1",
                "session.cookie_samesite": "Lax",
            }
            edits: list[Edit] = []
            for name, value in wanted.items():
                written = told.directives.get(name)
                key = written.pair.key if written is not None else name
                if name == "session.cookie_samesite" and written is not None and written.value:
                    continue
                edits += set_value(told.source, told.section, key, value)
            return risky(
                "set the flags of the session's cookie",
                edits,
                "plain HTTP clients, and scripts that read the cookie",
            )
        case want.Limit(Quantity.BODY):
            return _set(
                told, at.pointer, "8M", "limit the size of request bodies", "clients that send larger bodies"
            )
        case want.TurnOn(Switch.ACCESS_RULE):
            return _set(
                told, at.pointer, ".php", "run files that end in .php only", "scripts with another extension"
            )
        case _:
            return None


def _has(told: Told, at: Location) -> bool:
    places = (d.at.pointer for d in told.directives.values())
    inside = at.span is not None and told.section.span.start <= at.span.start <= told.section.span.end
    return inside and (at.pointer in places or told.whole)


def _set(told: Told, key: str, value: str, title: str, breaks: str) -> Fix | None:
    edits = set_value(told.source, told.section, key, value)
    return risky(title, edits, breaks) if breaks else Fix(title, tuple(edits))
