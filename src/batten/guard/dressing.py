"""The headers that an answer gets out with."""

from __future__ import annotations

from batten.facts import Content
from batten.guard.compiled import Compiled
from batten.guard.cookies import hardened
from batten.guard.origins import grants
from batten.guard.verdicts import Allow, Headers
from batten.guard.wardrobe import Act

_NO_STORE = (b"cache-control", b"no-store")


def dressed(
    compiled: Compiled, allow: Allow, headers: Headers, content: Content, length: int | None = None
) -> Headers:
    """Banners and foreign grants gone, cookies with their flags, protections added; the order is kept.

    With a `length`, that is the body's, and what the answer says of it goes.
    """
    found = compiled.wardrobe(allow.served, content, allow.tls)
    acts = found.acts
    kept: list[tuple[bytes, bytes]] = []
    seen: set[bytes] = set()
    caches = found.keeps_from_caches
    for name, value in headers:
        name = name.lower()
        act = acts.get(name)
        if act is None:
            kept.append((name, value))
        elif type(act) is not Act:
            if act.good(value.decode("latin-1")):  # type: ignore[union-attr]
                seen.add(name)
                kept.append((name, value))
        elif act is Act.LENGTH:
            if length is None:
                kept.append((name, value))
        elif act is not Act.DROP:
            caches = caches and act is not Act.CACHE
            kept.append((name, hardened(value) if act is Act.HARDEN else value))
    kept += [pair for pair in found.added if pair[0] not in seen] if seen else found.added
    if caches:
        kept.append(_NO_STORE)
    if found.grants:
        kept += grants(compiled, allow)
        _vary(kept)
    if length is not None:
        kept.append((b"content-length", b"%d" % length))
    return tuple(kept)


def _vary(headers: list[tuple[bytes, bytes]]) -> None:
    """An answer that depends on the origin must say so, or a cache hands it to another."""
    words = {w.strip().lower() for name, value in headers if name == b"vary" for w in value.split(b",")}
    if not words & {b"origin", b"*"}:
        headers.append((b"vary", b"Origin"))
