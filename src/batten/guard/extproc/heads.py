"""Heads as Envoy tells them, and what a verdict changes of them."""

from __future__ import annotations

from batten.guard.extproc.messages import Asked, Changes
from batten.guard.verdicts import AnswerHead, Head, Headers

NOBODY = Head("GET", b"/", b"", (), "http")  # for what Envoy answers before it has shown a request
_FRAMING = frozenset((b"content-length", b"transfer-encoding"))  # Envoy frames every message anew


def request_head(asked: Asked) -> Head:
    """A body of unknown length counts as one in chunks, whatever version of HTTP it came with."""
    pseudo, headers = _parted(asked.pairs)
    path, _, query = pseudo.get(b":path", b"").partition(b"?")
    if b":authority" in pseudo and all(name != b"host" for name, _ in headers):
        headers = ((b"host", pseudo[b":authority"]), *headers)
    if not asked.ends and not any(name in _FRAMING for name, _ in headers):
        headers = (*headers, (b"transfer-encoding", b"chunked"))
    method = pseudo.get(b":method", b"").decode("latin-1")
    return Head(method, path, query, headers, pseudo.get(b":scheme", b"http").decode("latin-1"))


def unsaid(head: Head, peer: str) -> Head:
    """Without what Envoy itself has put there: its peer at the end of X-Forwarded-For, and its own scheme."""
    kept = [pair for pair in head.headers if pair != (b"x-forwarded-proto", head.scheme.encode())]
    chains = [pair for pair in kept if pair[0] == b"x-forwarded-for"]
    if chains:
        before, comma, last = chains[-1][1].rpartition(b",")
        if last.strip() == peer.encode():
            at = len(kept) - 1 - kept[::-1].index(chains[-1])
            kept[at : at + 1] = [(b"x-forwarded-for", before)] if comma else []
    return head._replace(headers=tuple(kept))


def answer_head(asked: Asked) -> AnswerHead:
    pseudo, headers = _parted(asked.pairs)
    status = pseudo.get(b":status", b"")
    return AnswerHead(int(status) if status.isdigit() else 0, headers)


def _parted(pairs: Headers) -> tuple[dict[bytes, bytes], Headers]:
    pseudo = {name: value for name, value in pairs if name.startswith(b":")}
    return pseudo, tuple([pair for pair in pairs if not pair[0].startswith(b":")])


def changes(before: Headers, after: Headers) -> Changes:
    """What makes one of the other, but for framing. All of a name go where one of them is new, so that what
    stands more than once keeps its order."""
    old, new = _by_name(before), _by_name(after)
    removed = tuple(name for name, values in old.items() if new.get(name) != values)
    added = tuple(
        (name, value) for name, values in new.items() if old.get(name) != values for value in values
    )
    return Changes(removed, added)


def requeried(altered: Changes, head: Head, query: bytes) -> Changes:
    """With another query in the target."""
    target = b"%b?%b" % (head.raw_path, query) if query else head.raw_path
    return Changes(altered.removed, (*altered.added, (b":path", target)))


def _by_name(headers: Headers) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        if name not in _FRAMING:
            found.setdefault(name, []).append(value)
    return found
