"""Sections that are decided when the configuration is read: <IfModule>, <IfDefine>, <IfVersion>."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from batten.technologies.edges.apache.versions import STATIC
from batten.technologies.shared.containers.versions import at_least

STARTUP = ("ifmodule", "ifdefine", "ifversion", "iffile", "ifdirective", "ifsection")
LONGEST = 16_384  # characters of a value: each `Define` may hold the one before it twice
_VARIABLE = re.compile(r"\$\{([\w.-]+)\}")
_SOURCE = re.compile(r"(?:mod_)?(\w+?)(?:_module|\.c|\.cpp)?$")


@dataclass(slots=True)
class State:
    """What the lines read so far have said. `closed`: every module that is loaded is known."""

    version: str
    modules: set[str] = field(default_factory=set)
    defines: dict[str, str] = field(default_factory=dict)
    unread: bool = False  # an include that is not here may load more

    @property
    def closed(self) -> bool:
        return bool(self.modules) and not self.unread

    def text(self, text: str) -> str:
        """`${NAME}` written out where it is defined."""
        if "${" not in text:
            return text
        made = _VARIABLE.sub(lambda m: self.defines.get(m[1], m[0]), text)
        return made if len(made) <= max(LONGEST, len(text)) else text

    def learn(self, name: str, values: list[str]) -> None:
        """What a directive adds."""
        if name == "loadmodule" and values:
            self.modules.add(module(values[0]))
        elif name == "define" and values:
            self.defines[values[0]] = values[1] if len(values) > 1 else ""
        elif name == "undefine" and values:
            self.defines.pop(values[0], None)

    def holds(self, name: str, values: list[str]) -> bool | None:
        """Whether a section of the kind is in force; None when it cannot be known."""
        word = values[0] if values else ""
        negated = word.startswith("!")
        match name:
            case "ifmodule":
                # Where the modules are not known, what is written for one that is there is meant to be in force.
                name = module(word.lstrip("!"))
                if name in self.modules or name in STATIC:
                    return not negated
                if self.closed:
                    return negated
                return None if negated else True
            case "ifdefine":
                known = word.lstrip("!") in self.defines
                return (not negated) if known else None
            case "ifversion":
                # <IfVersion>: httpd 2.4 of some patch level, unless the image tells.
                negated = values[0].startswith("!") if values else False
                words = [values[0].lstrip("!"), *values[1:]] if values else []
                words = [w for w in words if w]
                operator, wanted = (
                    (words[0], words[1]) if len(words) > 1 else ("=", words[0] if words else "")
                )
                if not re.fullmatch(r"\d+(\.\d+){0,2}", wanted) or operator not in (
                    ">=",
                    ">",
                    "<=",
                    "<",
                    "=",
                    "==",
                ):
                    return None
                held = _compared(operator, tuple(map(int, wanted.split("."))), self.version or "2.4")
                return None if held is None else held is not negated
            case _:
                return None


def module(text: str) -> str:
    """ "headers" of mod_headers.c, headers_module."""
    found = _SOURCE.match(text)
    return found[1] if found else text


def _compared(operator: str, wanted: tuple[int, ...], version: str) -> bool | None:
    numbers = tuple(map(int, version.split(".")))
    if numbers[:2] != wanted[:2] or len(wanted) < 3:
        here, there = numbers[:2], (*wanted, 0)[:2]
        return {
            ">=": here >= there, ">": here > there, "<=": here <= there, "<": here < there
        }.get(operator, here == there)  # fmt: skip
    least = at_least(version, wanted)
    if least is None or operator in ("=", "==", ">", "<="):
        return None
    return least if operator == ">=" else not least
