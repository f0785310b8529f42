"""The certificate of a file, where the file is in the reviewed tree."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import cast

from batten.facts import Certificate
from batten.formats import Unreadable, Workspace
from batten.model import Location


def certificate_at(
    places: Iterable[str], names: tuple[str, ...], at: Location, workspace: Workspace
) -> Certificate | None:
    """The certificate in the first of the files that is there. `names` are the exact host names it is
    for; none where any name may be asked for."""
    path = next((p for p in places if not p.startswith("..") and workspace.exists(p)), "")
    if not path:
        return None
    module = import_module(
        "batten.technologies.shared.transport.x509"
    )  # costs 40 ms, and seldom there is one
    try:
        return cast("Certificate | None", module.certificate_of(workspace.text(path).text, names, at))
    except Unreadable:
        return None
