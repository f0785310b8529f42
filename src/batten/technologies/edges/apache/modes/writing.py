"""Writers for what applications are told, logins, credentials, and directives with one right value."""

from __future__ import annotations

import re

from batten.model import Fix, Safety
from batten.technologies.edges.apache.controls import CHECKS
from batten.technologies.edges.apache.modes.reading import PHP
from batten.technologies.edges.apache.placement import removed, replaced, step, word
from batten.technologies.edges.apache.tree import Item
from batten.technologies.shared.containers import switches
from batten.technologies.shared.edges.directive_checks import right_of, write

_DEVELOPERS = "developers who read error details"


def debug_off(item: Item) -> Fix | None:
    title = "run the application in production mode"
    if item.name == "setenv" and len(item.values) > 1:
        value = switches.production(item.values[0], item.values[1])
        edit = word(item, 1, value) if value is not None else None
    else:
        edit = word(item, 0, "production")
    return None if edit is None else Fix(title, (edit,), safety=Safety.RISKY, breaks=_DEVELOPERS)


def details_off(item: Item) -> Fix | None:
    edit = word(item, 1 if item.name in PHP else 0, "off")
    return Fix("do not send error details", (edit,), safety=Safety.RISKY, breaks=_DEVELOPERS)


def writes_off(item: Item) -> Fix | None:
    if item.name != "dav":
        return None
    breaks = "clients that upload or delete files"
    return Fix("disable WebDAV writes", (replaced(item, "Dav Off"),), safety=Safety.RISKY, breaks=breaks)


def shared_cache_off(item: Item) -> Fix | None:
    if not item.name.startswith("cachestore"):
        return None
    breaks = "the cache hit rate"
    return Fix("store no private answers", (removed(item),), safety=Safety.RISKY, breaks=breaks)


def login_on(item: Item) -> Fix | None:
    if item.name != "require":
        return None
    breaks = "callers of this path that send no credentials"
    return Fix(
        "require the login here, too",
        (replaced(item, "Require valid-user"),),
        safety=Safety.RISKY,
        breaks=breaks,
    )


def directive(item: Item) -> Fix | None:
    """What is right or wrong by its own words, written as it should be."""
    if item.name in ("addhandler", "addtype"):
        # The handler for files whose last ending it is.
        endings = [re.escape(v.lstrip(".")) for v in item.values[1:]]
        choice = endings[0] if len(endings) == 1 else f"(?:{'|'.join(endings)})"
        text = f'<FilesMatch "\\.{choice}$">\n{step(item)}SetHandler {item.value}\n</FilesMatch>'
        breaks = "files that run although another extension follows"
        return write("run files by their last extension only", replaced(item, text), breaks)
    check = right_of(CHECKS, item.name)
    return (
        write(f"write `{check.right}`", replaced(item, check.right), check.breaks)
        if check is not None
        else None
    )


def from_environment(item: Item, name: str, index: int) -> Fix | None:
    """httpd replaces ${NAME} by the variable of its own environment."""
    variable = re.sub(r"\W", "_", name).upper()
    edit = word(item, index, f'"${{{variable}}}"')
    breaks = f"httpd starts without {variable} in the environment"
    return Fix(f"read {name} from the environment", (edit,), safety=Safety.RISKY, breaks=breaks)
