"""Credentials in URLs: parameters by their names, and tokens within paths. Bounded, for anyone can call."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from batten.logs.calls import Calls, lines_with
from batten.logs.clock import minute
from batten.logs.folding import Paths, Seen
from batten.logs.prefixes import Prefix
from batten.model.record import record

MOST_LEAKS = 1_000
_MOST_WORDS = 16
_LONGEST, _LONGEST_METHOD = 512, 32  # of a path and a method that are kept
# As openapi/facts.py tells credentials among parameters, with the names that signed URLs have.
_CREDENTIAL = re.compile(
    rb"(?i)[?&;]((?:x[-_]?)?(?:(?:api|access|secret|private|subscription|auth|account)[-_]?key"
    rb"|(?:(?:api|access|auth|oauth|refresh|bearer|id|session|security|user|login)[-_]?)?token|jwt"
    rb"|(?:session|sess|phpsess|jsession)[-_]?id|pass(?:word|wd|phrase)?|pwd"
    rb"|(?:(?:client|api|app|shared)[-_]?)?secret|authorization|credentials?))=[^&;\s-]"
)
# Each begins where no other can: what callers choose is looked through once.
_TOKEN = re.compile(rb"(?<![\w-])eyJ[\w-]{8,}+\.[\w-]{8,}+\.[\w-]*+")
_NAME = re.compile(rb"[?&;]([^?&;=\n]++=)")  # with its sign


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
    return _CREDENTIAL.match(b"?" + name + b"x") is not None


class Leaks:
    """What was seen of each call that had a credential in its URL."""

    def __init__(self) -> None:
        self._seen: dict[tuple[bytes, bytes, str], Seen] = {}

    def add(self, calls: Calls) -> None:
        """Look through the calls of a block: most blocks have none."""
        if b"eyJ" in calls.text:
            for number, path in enumerate(calls.paths):
                if b"eyJ" in path and _TOKEN.search(path):
                    self._leaked(calls, number, _TOKEN.sub(b"{}", path), "")
        queries = b"\n".join(calls.queries)
        names = [name for name in set(_NAME.findall(queries)) if _is_credential(name)]
        if not names:
            return
        # ours: names that are escaped
        named = re.compile(b"|".join(map(re.escape, sorted(names))))
        for number in lines_with(named, queries):
            if found := _CREDENTIAL.search(calls.queries[number]):
                self._leaked(calls, number, calls.paths[number], found[1].decode("ascii"))

    def _leaked(self, calls: Calls, number: int, path: bytes, name: str) -> None:
        method = calls.methods[number]
        key = method[:_LONGEST_METHOD], path[:_LONGEST], name
        if key not in self._seen and len(self._seen) >= MOST_LEAKS:
            key = b"OTHERS", b"/(others)", name.lower()
        seen = self._seen.setdefault(key, Seen())
        when = minute(calls.times[number])
        seen.times += 1
        seen.between(when, when)

    def found(self, prefix: Prefix, template: Callable[[str], str | None] | None) -> Iterator[Leak]:
        """By template: what leaks is one parameter, however many paths it was in."""
        folded: dict[str, Paths] = {}
        for (method, path, name), seen in self._seen.items():
            text = prefix.inside(path.decode("utf-8", "replace"))
            known = template(text) if template is not None else None
            key = method.decode("ascii", "replace"), ""
            folded.setdefault(name, Paths(_MOST_WORDS)).add(known or text, key, seen)
        for name, paths in folded.items():
            for place, key, seen in paths.templates():
                yield Leak(
                    method=key[0],
                    path=place,
                    name=name,
                    times=seen.times,
                    first=seen.first,
                    last=seen.last,
                )
