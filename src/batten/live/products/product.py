"""One product that is often left open, as a row: how it is recognised, what proves that it is open, and how it is closed."""

from __future__ import annotations

import json
import re

from batten.facts import Holds
from batten.live.catalogue.item import Proof, both, keys, named, page, text, titled
from batten.live.exchange import Headers, Response
from batten.model.record import record

READ = 200_000  # characters of an answer in which a version is looked for


@record
class Read:
    """One request whose answer proves that the product is open: data or control, never a title or a login page.

    `path` is below the product's own root and begins with a slash. A POST must be a query by the product's
    documentation: it changes nothing. `anywhere`: the product answers so below any path, so that a name that nobody
    has may be answered alike; the proof then holds on its own."""

    path: str
    proof: Proof
    method: str = "GET"
    headers: Headers = ()
    body: bytes = b""
    anywhere: bool = False


@record(kw_only=True)
class Product:
    """`sign` recognises it by an answer of its root, or of one of the paths of `at`; that alone is reported by nobody.

    `reads` are asked in their order, until one proves it open. `gains` completes "anyone can …"; `close` is the
    sentence that says what to set; `source` is the page of the vendor's documentation that says so. `version` is a
    regular expression, searched in all answers about it (head and body), group 1 is the number; `tells` is a path
    that is asked for its version only. `component` is its name in the table of release cycles, "" where it has none.
    """

    name: str
    sign: Proof
    reads: tuple[Read, ...]
    gains: str
    close: str
    source: str
    holds: Holds = Holds.CONTROL
    at: tuple[str, ...] = ()  # paths below its root where it shows its sign, if "/" does not
    verb: str = "GET"  # with which they are asked: OPTIONS, where only its answer shows the sign
    mounts: tuple[str, ...] = ()  # folders of a shared host where it usually is: "/jupyter/"
    version: str = ""
    tells: str = ""
    component: str = ""

    def version_in(self, responses: tuple[Response, ...]) -> str:
        """The number that one of the answers gives, "" when none does."""
        if not self.version:
            return ""
        pattern = re.compile(self.version)  # ours: the row's
        found = (pattern.search(_written(response)) for response in responses)
        return next((match[1] for match in found if match is not None), "")


def _written(response: Response) -> str:
    head = "".join(f"{name}: {value}\n" for name, value in response.headers)
    return f"{head}\n{response.text[:READ]}"


def headed(name: str, pattern: str = "") -> Proof:
    """An answer of any status with this header, whose value the pattern begins."""
    compiled = re.compile(pattern)  # ours: the row's
    return lambda response: any(compiled.match(value) for value in response.all(name))


def answered(status: int, *patterns: str) -> Proof:
    """An answer of this status, in which every pattern occurs: what is neither a page nor 200, as a multistatus."""
    compiled = [re.compile(pattern, re.MULTILINE) for pattern in patterns]  # ours: the row's
    return lambda response: (
        response.status == status and all(p.search(response.text[:READ]) for p in compiled)
    )


def either(*proofs: Proof) -> Proof:
    return lambda response: any(proof(response) for proof in proofs)


def says(*patterns: str) -> Proof:
    """An answer of any status, a refusal too, in which every pattern occurs: to recognise, never to prove."""
    compiled = [re.compile(pattern) for pattern in patterns]  # ours: the row's
    return lambda response: all(pattern.search(response.text[:READ]) for pattern in compiled)


def without(pattern: str) -> Proof:
    """An answer that the pattern does not occur in."""
    compiled = re.compile(pattern)  # ours: the row's
    return lambda response: not compiled.search(response.text[:READ])


def rows(*names: str) -> Proof:
    """A JSON list; its first row, when there is one, is an object with these keys."""

    def proves(response: Response) -> bool:
        if response.status != 200 or response.body.lstrip()[:1] != b"[":
            return False
        if response.truncated:  # cut, so no JSON any more: the keys must do as words
            return all(f'"{name}"' in response.text for name in names)
        try:
            listed = json.loads(response.text)
        except (ValueError, RecursionError):
            return False
        first = listed[0] if listed else dict.fromkeys(names)
        return isinstance(first, dict) and all(name in first for name in names)

    return proves


__all__ = [
    "Product",
    "Proof",
    "Read",
    "answered",
    "both",
    "either",
    "headed",
    "keys",
    "named",
    "page",
    "rows",
    "says",
    "text",
    "titled",
    "without",
]
