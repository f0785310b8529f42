"""Projects whose source anyone can read, by the licence at their root: what documents their API tells nobody anything new."""

from __future__ import annotations

import re

from batten import facts
from batten.formats import Unreadable, Workspace
from batten.model.record import changed

_NAMES = re.compile(r"(?:LICEN[CS]E|COPYING)(?:[.-][\w.-]+)?", re.IGNORECASE)
_HEAD = 4096  # characters in which a licence names itself
_OPEN = re.compile(
    r"\bMIT License\b|Permission is hereby granted, free of charge|Apache License\s+Version 2"
    r"|GNU (?:AFFERO |LESSER )?GENERAL PUBLIC LICENSE|Mozilla Public License|BSD [234]-Clause"
    r"|Redistribution and use in source and binary forms|\bISC License\b|EUROPEAN UNION PUBLIC LICEN[CS]E"
    r"|Eclipse Public License|This is free and unencumbered software",
    re.IGNORECASE,
)


def openly_documented(
    given: list[facts.Fact], readers: dict[int, str], workspace: Workspace
) -> list[facts.Fact]:
    """Facts in which applications that show documentation know the `licence` of their project. `readers` is told who read
    them, by their ids."""
    shown = [f for f in given if isinstance(f, facts.AppSettings) and f.docs]
    licence = _licence(workspace) if shown else ""
    if not licence:
        return given
    made: dict[int, facts.Fact] = {id(f): changed(f, licence=licence) for f in shown}
    readers.update({id(new): readers.pop(old) for old, new in made.items() if old in readers})
    return [made.get(id(fact), fact) for fact in given]


def _licence(workspace: Workspace) -> str:
    for name in workspace.entries(""):
        if _NAMES.fullmatch(name) is None:
            continue
        try:
            if _OPEN.search(workspace.start(name, _HEAD)) is not None:
                return name
        except Unreadable:
            continue
    return ""
