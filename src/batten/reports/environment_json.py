"""Environments in the JSON report: how far each was assessed, what answers there, and what was created."""

from __future__ import annotations

import msgspec

from batten.engine.answering import ordered
from batten.engine.outcome import EnvironmentOutcome
from batten.facts import Recognised
from batten.model import Problem
from batten.reports.created import removing
from batten.reports.vocabulary import StageName


class JsonTechnology(msgspec.Struct, frozen=True):
    """What answers at `origin`, and what shows it. `stage`: network, edge, server or framework, in the order in which requests
    pass them; `certain` is false where others may answer in the same way; `version` is "" where nothing shows it."""

    origin: str
    name: str
    title: str
    stage: StageName
    version: str
    certain: bool
    evidence: list[str]


class JsonCreated(msgspec.Struct, frozen=True):
    """Something that an active assessment created, or may have created. `status` is that of the answer, 0 where there was none;
    `address` is where it is, "" where no answer names it; `reason` says why it was not removed; `command` removes it."""

    method: str
    url: str
    status: int
    address: str
    removed: bool
    reason: str
    command: str


class JsonEnvironment(msgspec.Struct, frozen=True):
    """`judged` are the controls that had something to judge there; `missed` is a digest of the probes that failed, the same where
    the same ones did; "" where none did, or the assessment was interrupted. `undeclared` are controls that break there and in no
    file; `unseen` are places of files that break a control which holds there. `carried` is the time at which an interrupted run
    was done with it; "" for what this run assessed."""

    name: str
    url: str
    reached: bool
    exchanges: int
    not_assessed: list[Problem]
    left_alone: list[Problem]
    judged: list[str] = []
    missed: str = ""
    answers: list[JsonTechnology] = []
    created: list[JsonCreated] = []
    undeclared: list[str] = []
    unseen: list[str] = []
    carried: str = ""


def environment_as_json(environment: EnvironmentOutcome, off: frozenset[str]) -> JsonEnvironment:
    return JsonEnvironment(
        environment.name,
        environment.url,
        environment.reached,
        environment.exchanges,
        list(environment.not_assessed),
        list(environment.left_alone),
        sorted(environment.judged - off),
        environment.missed,
        [_technology(one) for one in ordered(environment.answers)],
        [
            JsonCreated(
                c.method,
                c.url,
                c.status,
                c.address,
                c.removed,
                c.reason,
                removing(c),
            )
            for c in environment.created
        ],
        list(environment.undeclared),
        list(environment.unseen),
        environment.carried,
    )


def _technology(one: Recognised) -> JsonTechnology:
    shown = list(one.evidence)
    return JsonTechnology(
        one.at.source, one.name, one.title, one.stage.value, one.version, one.certain, shown
    )
