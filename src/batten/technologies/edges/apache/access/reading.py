"""Rules that restrict access, whether they work, and what is logged."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import AccessLog, AccessRule
from batten.model import ABSENT, UNKNOWN, Setting, Unknown
from batten.technologies.edges.apache.bypasses import bypasses
from batten.technologies.edges.apache.sections import only_redirects, refuses
from batten.technologies.edges.apache.tree import Item, Tree, inherited
from batten.technologies.shared.edges.credentials import credential

_FIELD = re.compile(r"%(?:[<>]|!?[\d,]++)*+\{([^}]+)\}[<>]?([ioC])")
_NONE = ("/dev/null", "nul")


def rules(tree: Tree) -> Iterator[AccessRule]:
    yield from bypasses(tree)


def logs(tree: Tree) -> Iterator[AccessLog]:
    """mod_log_config writes nothing unless it is told to; core's ErrorLog is on."""
    seen: set[object] = set()
    for server in tree.servers:
        if refuses(server) or only_redirects(server) or tree.kind == "part":
            continue
        access, errors = _access(tree, server), _errors(tree, server)
        if (access.at, errors.at) not in seen:
            seen.add((access.at, errors.at))
            yield AccessLog(server.block(), access, errors, tuple(_carried(tree, server)))


def _access(tree: Tree, server: Item) -> Setting[bool]:
    home = (tree.root if tree.kind == "main" else server).block()
    for block in server.around():
        found = [i for i in block.items if i.name in ("customlog", "transferlog", "globallog")]
        if found:
            return Setting(any(not _silent(i) for i in found), found[-1].place())
        if block.hides("customlog"):
            return Setting(UNKNOWN, home)
    return Setting(ABSENT, home, False)


def _errors(tree: Tree, server: Item) -> Setting[bool]:
    found = inherited(server, "errorlog")
    if not isinstance(found, Item):
        return Setting(UNKNOWN if isinstance(found, Unknown) else ABSENT, server.block(), True)
    return Setting(not _silent(found), found.place())


def _silent(item: Item) -> bool:
    return item.value.lower() in _NONE


# Logs beside the access log, which take along what clients send: mod_log_forensic, mod_dumpio.
_WHOLE = {
    "forensiclog": "every header of every request (`ForensicLog`)",
    "dumpioinput": "every byte that clients send (`DumpIOInput`)",
    "dumpiooutput": "every byte that clients receive (`DumpIOOutput`)",
}


def _carried(tree: Tree, server: Item) -> Iterator[Setting[str]]:
    for item in (i for b in server.around() for name in _WHOLE for i in b.all(name)):
        if item.value.lower() != "off" and not _silent(item):
            yield Setting(_WHOLE[item.name], item.place())
    used = [i for b in server.around() for i in b.all("customlog") if len(i.values) > 1]
    names = {i.values[1] for i in used}
    formats = [(i, i.values[1]) for i in used]
    for block in server.around():
        formats += [(i, i.value) for i in block.all("logformat") if i.values[1:2] and i.values[1] in names]
    for item, text in dict(formats).items():
        for name, kind in _FIELD.findall(text):
            if kind == "C" or credential(name):
                yield Setting(name.lower() if kind != "C" else f"the cookie {name}", item.place())
