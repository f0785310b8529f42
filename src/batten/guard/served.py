"""One operation with all that its requests and answers are held against, ready to be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from batten.contract import Operation, media_of, response_of
from batten.contract.bundles import Bundles
from batten.contract.validators import SchemaProblem, Validator, Validators
from batten.facts import Content
from batten.guard.answers.shaped import Shaped, shaped
from batten.guard.content.answer_headers import AnswerHeaders, answer_headers
from batten.guard.content.intake import MOST_KEPT, Intake, Intakes, Reader
from batten.guard.options import Rule
from batten.guard.parameters.inputs import Inputs
from batten.guard.requests.credentials import Demand
from batten.guard.verdicts import AnswerHead, Headers, Refuse, Replace
from batten.model.record import record
from batten.policy.guarding import Undeclared
from batten.policy.rates import Rate

KEPT_PLANS = 64  # a media type's parameters are the application's to choose, so there is no end to them


@record
class Plan:
    """What is to be done about answers of one status and media type.

    `objection` is what is wrong whatever the body is. `streams` is where nobody asks for the body.
    """

    objection: tuple[Rule, str] | None = None
    validator: Validator | None = None
    is_json: bool = False
    is_empty: bool = False
    content: Content = Content.API
    is_kept: bool = False  # the body is held back until it is judged
    is_watched: bool = False  # it passes, and a copy is judged
    headers: AnswerHeaders | None = None
    reader: Reader | None = None  # of a body that is not JSON
    text: bytes = b""  # the one body that may be
    hides: bool = False  # what replaces it is a 500, whatever the status is
    observed: frozenset[Rule] = frozenset()  # rules that do not count for it

    @property
    def streams(self) -> bool:
        return self.objection is None and self.validator is None and not self.is_empty and not self.text


@record
class RenderedHeaders:
    """`given` are its headers in a list, as applications hand them in. `dressed` is what they become, by the body's
    length."""

    given: list[tuple[bytes, bytes]]
    head: AnswerHead
    plan: Plan
    is_kept: bool = False  # the body is waited for
    can_prove: bool = False  # a body that was judged before need not be judged again
    with_headers: dict[int, Headers] = field(default_factory=dict)
    unfit: Replace | None = None  # the headers themselves cannot be sent

    def fits(self, status: int, given: Iterable[object]) -> bool:
        return self.given == given and self.head.status == status

    @property
    def may_be_kept(self) -> bool:
        """Cookies are their owner's."""
        return all(name != b"set-cookie" for name, _ in self.given)


@dataclass(slots=True, eq=False)
class Served:
    operation: Operation
    label: str
    demand: Demand
    observed: frozenset[Rule]
    bucket: int  # bytes; 0 leaves answers as long as they are
    exposed: bytes  # names of declared headers, for Access-Control-Expose-Headers
    validators: Validators = field(repr=False)
    intakes: Intakes = field(repr=False)
    bundles: Bundles = field(repr=False)
    inputs: Inputs = field(repr=False)
    strips: bool = False  # undeclared query parameters
    has_ranges: bool = False
    codings: bytes = b"gzip"  # that the application may answer in; b"" leaves it to the client
    eases: Callable[[Plan, int, str], Plan] | None = field(default=None, repr=False)
    undeclared: Undeclared = Undeclared.PASS  # headers of answers
    _shapes: dict[int, Shaped | None] = field(default_factory=dict, repr=False)
    _by_status: dict[str, AnswerHeaders] = field(default_factory=dict, repr=False)
    _taken: dict[str, Intake] = field(default_factory=dict, repr=False)
    rates: tuple[Rate, ...] = ()
    policy: str = ""  # the Content-Security-Policy that the author wants with its pages and files
    _plans: dict[tuple[int, bytes], Plan] = field(default_factory=dict)

    def plan(self, status: int, media_type: bytes) -> Plan:
        """For an answer; what was made once is kept."""
        key = (status, media_type)
        found = self._plans.get(key)
        if found is None:
            read = media_type.decode("latin-1")
            found = replace(self._plan(status, read), content=content_of(read), headers=self._headers(status))
            if self.eases is not None:
                found = replace(self.eases(found, status, read), content=found.content)
            # What happens to the body meanwhile: only what is enforced holds it back.
            observed = self.observed | found.observed
            rule = found.objection[0] if found.objection is not None else Rule.ANSWER_BODY
            pads = bool(self.bucket) and found.is_json and Rule.PADDING not in observed
            kept = pads or (not found.streams and rule not in observed)
            watched = not kept and not found.streams and found.objection is None
            found = replace(found, is_kept=kept, is_watched=watched)
            if len(self._plans) < KEPT_PLANS:
                self._plans[key] = found
        return found

    def _plan(self, status: int, media_type: str) -> Plan:
        declared = response_of(self.operation, status)
        if declared is None:
            if status in (206, 416) and Rule.ANSWER_STATUS in self.observed:
                return Plan()  # the Range that the client sent was left alone
            if status == 304 and self.operation.method in ("GET", "HEAD"):
                return Plan()  # every conditional request may be answered so (RFC 9110, 15.4.5)
            return Plan((Rule.ANSWER_STATUS, f"status {status} is not declared"))
        if not declared.known or status < 200 or status in (204, 304):
            return Plan()
        if not declared.media:
            return Plan(is_empty=True)
        media = media_of(declared.media, media_type)
        if media is None:
            seen = media_type or "no media type"
            return Plan((Rule.ANSWER_MEDIA_TYPE, f"{seen} is not declared for status {status}"))
        try:
            if not is_json(media_type):
                intake = self.intakes.of_answer(media, media_type, self.validators)
                return Plan(None, intake.validator, reader=intake.reader)
            validator = self.validators.response(self.operation, status, media_type)
        except SchemaProblem as problem:
            return Plan((Rule.ANSWER_BODY, str(problem)))
        return Plan(None, validator, is_json=True)

    def _headers(self, status: int) -> AnswerHeaders | None:
        """None where there is nothing to ask: no header is declared, and policy lets others pass."""
        declared = response_of(self.operation, status)
        if declared is None or not declared.known or status < 200:
            return None
        found = self._by_status.get(declared.status)
        if found is None:
            found = answer_headers(self.validators.contract, declared, self.validators)
            self._by_status[declared.status] = found
        return found if found.slots or self.undeclared is not Undeclared.PASS else None

    def asks_header(self, status: str, name: str) -> bool:
        """Whether a declared header of an answer is judged."""
        declared = self.operation.responses[status]
        found = answer_headers(self.validators.contract, declared, self.validators)
        return any(one.name == name for one in found.slots)

    def shape(self, status: int) -> Shaped | None:
        """Of the guard's own answers with this status; None where they are problem documents."""
        if status not in self._shapes:
            declared = response_of(self.operation, status)
            made = None
            if declared is not None and declared.known:
                made = shaped(declared, status, self.bundles, self.validators)
            self._shapes[status] = made
        return self._shapes[status]

    def intake(self, content_type: str) -> Intake:
        """For a request's body; what was made once is kept, but for what names a boundary of its own."""
        found = self._taken.get(content_type)
        if found is None:
            found = self.intakes.of(self.operation, content_type, self.validators)
            if len(self._taken) < MOST_KEPT and "boundary" not in content_type:
                self._taken[content_type] = found
        return found


@record
class Allow:
    """A request that goes on, without the headers in `drop`. `served` is None where an undocumented
    request is only observed; `noted` is what would have been refused. `origin` is a listed one. `query` is what
    the application gets in place of what was sent, None where that is the same."""

    served: Served | None
    method: str
    tls: bool
    origin: bytes = b""
    drop: frozenset[bytes] = frozenset()
    noted: tuple[Refuse, ...] = ()
    query: bytes | None = None

    @property
    def operation(self) -> Operation | None:
        return self.served.operation if self.served is not None else None


def content_of(media_type: str) -> Content:
    name = media_type.partition(";")[0].strip().lower()
    if name in ("text/html", "application/xhtml+xml"):
        return Content.PAGE
    if name.startswith(("image/", "font/", "audio/", "video/")) or name in (
        "text/css",
        "text/javascript",
        "application/javascript",
        "application/wasm",
    ):
        return Content.ASSET
    return Content.API


def is_json(media_type: str) -> bool:
    """One JSON value, not a sequence of them."""
    name = media_type.partition(";")[0].strip().lower()
    return name in ("application/json", "text/json") or name.endswith("+json")
