"""Writers for the slash that keeps what a client sent out of the host."""

from __future__ import annotations

import re

from batten.model import Fix, Safety
from batten.technologies.edges.apache.placement import word
from batten.technologies.edges.apache.tree import Item
from batten.technologies.shared.transport.upstreams import target_of

_BEHIND_HOST = re.compile(r"^([a-z][\w+.-]*://[^/$%]+)\$1", re.IGNORECASE)
_TITLE = "add a slash after the host"


def close_host(item: Item) -> Fix | None:
    """`http://host/` for `http://host`; for `http://host$1` the slash goes before, or into, the group."""
    if item.name in ("proxypass", "redirect", "redirectpermanent", "redirecttemp"):
        index = next((n for n, v in enumerate(item.values) if "://" in v), -1)
        if index < 0 or target_of(item.values[index]).path:
            return None
        written = _source(item, index)
        quote = written[-1] if item.directive.args[index].quoted and written[-1] in "\"'" else ""
        return Fix(
            _TITLE, (word(item, index, f"{written.removesuffix(quote)}/{quote}" if quote else f"{written}/"),)
        )
    if item.name not in ("proxypassmatch", "rewriterule", "redirectmatch"):
        return None
    index = next((n for n, v in enumerate(item.values) if _BEHIND_HOST.match(v)), -1)
    if index > 0:
        pattern = item.values[index - 1]
        before = pattern.partition("(")[0]
        if before.endswith("/"):
            made = re.sub(r"\$1", "/$1", _source(item, index), count=1)
            return Fix(_TITLE, (word(item, index, made),))
        edit = word(item, index - 1, _source(item, index - 1).replace("(", "(/", 1))
        breaks = f"requests for {before.lstrip('^')} without the trailing slash"
        return Fix("match only paths that start with a slash", (edit,), safety=Safety.RISKY, breaks=breaks)
    return None


def _source(item: Item, index: int) -> str:
    """An argument as it is written."""
    arg = item.directive.args[index]
    return item.source.text[arg.start : arg.end]
