"""What a guard does about what it sees, and how much it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum

from batten.model.record import record
from batten.policy.guarding import UndeclaredQuery
from batten.policy.leniency import Leniency
from batten.policy.rates import Rate


class GuardProblem(Exception):
    """The guard cannot start: the sentence says where, what and what to do."""


class Mode(Enum):
    ENFORCE = "enforce"
    OBSERVE = "observe"  # everything passes, and what would have been refused is counted


class Rule(Enum):
    """The guard's rules; each can be observed instead of enforced."""

    TARGET = "target"  # a path that two readers may read as two
    HEAD = "head"  # framing, and what a request's head may weigh
    PATH = "path"
    VERB = "verb"
    OVERRIDE = "override"  # headers that turn one verb or target into another
    HOST = "host"  # a host that is not listed
    SENDER = "sender"  # headers in which a client speaks for an edge
    CREDENTIALS = "credentials"
    PARAMETERS = "parameters"
    UNDECLARED = "undeclared"  # query parameters that the contract does not have
    RATE = "rate"
    MEDIA_TYPE = "media-type"
    SIZE = "size"
    REQUEST_BODY = "request-body"
    ORIGIN = "origin"
    ANSWER_STATUS = "answer-status"
    ANSWER_MEDIA_TYPE = "answer-media-type"
    ANSWER_BODY = "answer-body"
    ANSWER_HEADERS = "answer-headers"  # declared ones; policy says what becomes of others
    ANSWER_ERROR = "answer-error"  # an exception that the application lets out
    HEADERS = "headers"
    BANNERS = "banners"
    COOKIES = "cookies"
    PADDING = "padding"


@record
class Limits:
    """Bytes, where nothing else is said."""

    target: int = 8_000
    headers: int = 100  # in number
    head: int = 32_768  # all header names and values together
    request_body: int = 1_048_576
    answer_body: int = 1_048_576  # of answers that are validated or padded; others are not kept


@record
class Options:
    """`rules` overrides `mode` for a rule ("answer-body") or an operation ("GET /v1/orders"). Where `undeclared` is
    None, the policy says it."""

    mode: Mode = Mode.ENFORCE
    rules: Mapping[str, Mode] = field(default_factory=dict)
    limits: Limits = Limits()
    bucket: int = 1_024  # for operations with x-batten-choice that name no x-batten-padding
    preflight_seconds: int = 600
    leniency: Leniency = Leniency()  # beside what batten.yaml says
    log_bodies: bool = False  # of answers that are replaced; secrets in them are masked
    hosts: tuple[str, ...] = ()  # beside those of the policy; `*` is every host
    ports: tuple[int, ...] = ()  # of the listeners, for hosts without a port
    rates: tuple[Rate, ...] = ()  # beside those of the policy
    trusted: tuple[str, ...] = ()  # networks, addresses, "unix", "peer" (senders/trust.py)
    undeclared: UndeclaredQuery | None = None
    unjudged: tuple[str, ...] = ()  # operations that may be served without a judgement that cannot be made

    def observed(self, label: str = "") -> frozenset[Rule]:
        """The rules that are only observed, for one operation or before there is one."""
        general = self.rules.get(label, self.mode)
        found = frozenset(rule for rule in Rule if self.rules.get(rule.value, general) is Mode.OBSERVE)
        passes = self.undeclared is not UndeclaredQuery.REFUSE and Rule.UNDECLARED.value not in self.rules
        return found | {Rule.UNDECLARED} if passes else found

    def strips(self, label: str) -> bool:
        """Whether undeclared query parameters of an operation do not reach the application."""
        general = self.rules.get(label, self.mode)
        return (
            self.undeclared is UndeclaredQuery.STRIP and self.rules.get("undeclared", general) is Mode.ENFORCE
        )
