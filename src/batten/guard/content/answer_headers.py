"""Headers of answers, held against those that the contract declares for a status."""

from __future__ import annotations

from dataclasses import dataclass, field

from batten.contract import Contract, Response
from batten.contract.parameters import Slot, Style, slot
from batten.contract.readings import Kind
from batten.contract.validators import Validators
from batten.guard.parameters import judging

Headers = tuple[tuple[bytes, bytes], ...]
MOST_KEPT = 128  # values of each header whose verdict is kept
LONGEST_KEPT = 256  # bytes of one

# A server or the guard writes these, or they belong to the connection: what the application sent of them is not what gets
# out. Set-Cookie is several headers that no list is made of (RFC 9110, 5.3), Content-Type is judged as a media type.
_NOT_JUDGED = frozenset((
    b"content-type", b"set-cookie", b"date", b"server", b"connection", b"keep-alive", b"transfer-encoding", b"trailer",
    b"upgrade", b"content-length", b"content-encoding", b"strict-transport-security", b"x-content-type-options", b"x-frame-options",
    b"content-security-policy", b"referrer-policy", b"permissions-policy", b"cross-origin-resource-policy", b"cache-control", b"vary",
))  # fmt: skip
# Headers of the standards that any answer may have (IANA's registry of field names, permanent, of answers), which an API does
# not have to declare. What tells of the inside (Server-Timing, Via, X-Powered-By and their like) is not among them.
STANDARD = _NOT_JUDGED | frozenset((
    b"accept-patch", b"accept-post", b"accept-ranges", b"age", b"allow", b"alt-svc", b"clear-site-data", b"content-digest",
    b"content-disposition", b"content-language", b"content-location", b"content-range", b"content-security-policy-report-only",
    b"cross-origin-embedder-policy", b"cross-origin-opener-policy", b"deprecation", b"etag", b"expires", b"last-modified", b"link",
    b"location", b"origin-agent-cluster", b"pragma", b"preference-applied", b"proxy-authenticate", b"ratelimit", b"ratelimit-policy",
    b"reporting-endpoints", b"repr-digest", b"retry-after", b"sunset", b"www-authenticate",
))  # fmt: skip
_NOTES = frozenset(("title", "description", "example", "examples", "deprecated", "default"))
_GRANT = b"access-control-"  # the guard replaces these


@dataclass(slots=True, eq=False)
class AnswerHeaders:
    """Of one status of an operation. `names` may get out."""

    slots: tuple[Slot, ...]
    names: frozenset[bytes]
    _validators: Validators = field(repr=False)
    _kept: dict[tuple[int, tuple[bytes, ...]], str] = field(default_factory=dict, repr=False)

    def objection(self, headers: Headers) -> str:
        """What is wrong with a declared header, without its value; "" where nothing is."""
        for number, one in enumerate(self.slots):
            written = judging.in_header(one, headers)
            key = number, written.texts
            wrong = self._kept.get(key)
            if wrong is None:
                wrong = judging.objection(one, written, frozenset(), self._validators)
                if sum(map(len, written.texts)) <= LONGEST_KEPT and len(self._kept) < MOST_KEPT * len(
                    self.slots
                ):
                    self._kept[key] = wrong
            if wrong:
                return f"the header `{one.name}` {wrong}"
        return ""

    def undeclared(self, headers: Headers) -> list[bytes]:
        return [name for name, _ in headers if not self.may_pass(name)]

    def may_pass(self, name: bytes) -> bool:
        return name in self.names or name in STANDARD or name.startswith(_GRANT)


def answer_headers(contract: Contract, response: Response, validators: Validators) -> AnswerHeaders:
    declared = {name.lower().encode("latin-1", "replace"): p for name, p in response.headers.items()}
    judged = [p for name, p in declared.items() if name not in _NOT_JUDGED and not name.startswith(_GRANT)]
    made = (slot(contract, parameter) for parameter in judged)
    return AnswerHeaders(tuple(one for one in made if _asks(one)), frozenset(declared), validators)


def _asks(one: Slot) -> bool:
    """Whether any value could be wrong: not where it may be missing, and be any text."""
    if one.required:
        return True
    written = one.schema.value if one.schema is not None else None
    keys = written.keys() - _NOTES if isinstance(written, dict) else set()
    is_text = one.readings.kinds == {Kind.STRING} and one.style is not Style.CONTENT and keys <= {"type"}
    return not one.problem and not is_text
