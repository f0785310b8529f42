"""Rules in Traefik's language, which its files, labels and Kubernetes objects share."""

from __future__ import annotations

import re
from collections.abc import Iterator

_HOST = re.compile(r"(?:(!)\s*)?\bHost\(\s*((?:[`\"'][^`\"']*[`\"'][\s,]*)+)\)")
_NAME = re.compile(r"[`\"']([^`\"']*)[`\"']")


def hosts_in(rule: str) -> Iterator[str]:
    """The names of `Host()`: one in version 3, a list in version 2; what `!Host()` excludes is none of them.

    Source: https://doc.traefik.io/traefik/reference/routing-configuration/http/routing/rules-and-priority/
    """
    for negated, names in _HOST.findall(rule):
        if not negated:
            yield from _NAME.findall(names)
