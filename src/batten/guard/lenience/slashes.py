"""A path that differs from a declared one by its last slash: routers of frameworks redirect, and so does the guard."""

from __future__ import annotations

from batten.facts import Content
from batten.guard.compiled import Compiled
from batten.guard.requests.heads import is_plain
from batten.guard.verdicts import Answered, Head


def redirected(compiled: Compiled, head: Head) -> Answered | None:
    """The redirect to a path that is declared for the method, where the framework's preset has that. The location is a
    path: no Host has a say in it, and two slashes at its begin, which would name a host, are refused before."""
    slashes = compiled.relaxed.preset.slashes
    if (
        slashes is None
        or not is_plain(head.raw_path)
        or (slashes.reads and head.method not in ("GET", "HEAD"))
    ):
        return None
    has_one = head.raw_path.endswith(b"/")
    if has_one and not slashes.removes:
        return None
    twin = head.raw_path[:-1] if has_one else head.raw_path + b"/"
    path = compiled.path(twin)
    if path is None or head.method not in path.served:
        return None
    location = b"%b?%b" % (twin, head.query) if head.query else twin
    headers = ((b"location", location), (b"content-length", b"0"))
    tls = head.scheme == "https"
    return Answered(slashes.status, (*headers, *compiled.header_rules(None, Content.API, tls).added))
