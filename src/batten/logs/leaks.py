"""Credentials in URLs: parameters by their names, and tokens within paths. Bounded, for anyone can call."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from batten.contract.matcher import Match
from batten.logs.clock import minute
from batten.logs.folding import Paths, Seen
from batten.logs.formats import METHOD, PATH, QUERY, TIME, Call
from batten.logs.prefixes import Prefix
from batten.model.record import record

MOST_LEAKS = 1_000
_MOST_WORDS = 16
_LONGEST = 512  # of a path that is kept
# As openapi/facts.py tells credentials among parameters, with the names that signed URLs have.
_CREDENTIAL = re.compile(
    rb"(?i)(?:^|[?&;])((?:x[-_]?)?(?:(?:api|access|secret|private|subscription|auth|account)[-_]?key"
    rb"|(?:(?:api|access|auth|oauth|refresh|bearer|id|session|security|user|login)[-_]?)?token|jwt"
    rb"|(?:session|sess|phpsess|jsession)[-_]?id|pass(?:word|wd|phrase)?|pwd"
    rb"|(?:(?:client|api|app|shared)[-_]?)?secret|authorization|credentials?))=[^&;\s-]"
)
_TOKEN = re.compile(rb"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")
_NAME = re.compile(rb"[^?&;=\n]++=")  # with its sign


@record(kw_only=True)
class Leak:
    """A credential in URLs: the parameter `name`, or "" for a token within the path."""

    method: str
    path: str
    name: str
    times: int
    first: str
    last: str


@lru_cache(1 << 14)
def _is_credential(name: bytes) -> bool:
    return _CREDENTIAL.match(name + b"x") is not None


class Leaks:
    """What was seen of each call that had a credential in its URL."""

    def __init__(self) -> None:
        self._seen: dict[tuple[bytes, bytes, str], Seen] = {}

    def add(self, calls: Sequence[Call], paths: bytes, queries: bytes) -> None:
        """Look through the calls of a block, of which `paths` and `queries` are all that there are: most blocks have none."""
        if b"eyJ" in paths:
            for call in calls:
                if b"eyJ" in call[PATH] and _TOKEN.search(call[PATH]):
                    self._leaked(call, _TOKEN.sub(b"{}", call[PATH]), "")
        names = [name for name in set(_NAME.findall(queries)) if _is_credential(name)]
        if not names:
            return
        # ours: names that are escaped
        named = re.compile(b"|".join(map(re.escape, sorted(names)))).search
        for call in calls:
            if call[QUERY] and named(call[QUERY]) and (found := _CREDENTIAL.search(call[QUERY])):
                self._leaked(call, call[PATH], found[1].decode("ascii"))

    def _leaked(self, call: Call, path: bytes, name: str) -> None:
        key = call[METHOD], path, name
        if key not in self._seen and len(self._seen) >= MOST_LEAKS:
            key = call[METHOD], b"/(others)", name
        seen = self._seen.setdefault(key, Seen())
        when = minute(call[TIME])
        seen.times += 1
        seen.between(when, when)

    def found(self, prefix: Prefix, match: Callable[[str], Match | None] | None) -> Iterator[Leak]:
        """By template: what leaks is one parameter, however many paths it was in."""
        folded: dict[str, Paths] = {}
        for (method, path, name), seen in self._seen.items():
            text = prefix.inside(path[:_LONGEST].decode("utf-8", "replace"))
            known = match(text) if match is not None else None
            key = method.decode("ascii", "replace"), ""
            folded.setdefault(name, Paths(_MOST_WORDS)).add(known.template if known else text, key, seen)
        for name, paths in folded.items():
            for template, key, seen in paths.templates():
                yield Leak(
                    method=key[0],
                    path=template,
                    name=name,
                    times=seen.times,
                    first=seen.first,
                    last=seen.last,
                )
