"""Without a contract in hand, the one that the API serves of itself says what to ask for."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from batten.contract import Contract
from batten.facts import Fact, ObservedAnswer
from batten.live.calls import survey_of
from batten.live.documents import served_contract
from batten.live.exchange import Answer, LeftAlone, NotAnswered, Probe, Question, Steps, attempt
from batten.live.probes import (
    answers,
    cors,
    errors,
    hosts,
    logins,
    overrides,
    rebinding,
    strangers,
    tokens,
    verbs,
)
from batten.live.probes.endpoints import SCHEMAS
from batten.live.scene import Asked, looked
from batten.live.survey import Survey

CALLS, PATHS = 20, 12  # operations, and paths with their verbs, that are asked for: a contract may be endless
QUESTIONS = 140  # that they may cost
_SPENT = f"the contract that the API serves has more operations than {QUESTIONS} requests assess"
_HINT = "pass the document by --contract: then every operation is assessed"
_FAMILIES = (answers, strangers, tokens, logins, cors, hosts, rebinding, errors, overrides, verbs)


def plan(survey: Survey) -> Iterator[Probe]:
    if not survey.documented:
        yield Probe("what the API's own contract declares", _served(survey))


def _served(survey: Survey) -> Steps:
    contract = yield from _contract(survey)
    if contract is None:
        return []
    found: list[Fact | NotAnswered] = []
    meter = Meter(QUESTIONS)
    for probe in _probes(survey, contract):
        if meter.left <= 0:
            break
        try:
            outcomes = yield from metered(probe.steps, meter)
        except NotAnswered as error:
            found.append(error)
        else:
            # Frameworks write down what succeeds, and seldom how they refuse.
            found += [
                (
                    replace(fact, mismatch="")
                    if isinstance(fact, ObservedAnswer) and fact.status >= 400
                    else fact
                )
                for fact in outcomes
            ]
    if meter.left <= 0 or len(contract.operations) > CALLS:
        found.append(LeftAlone(_SPENT, _HINT))
    return found


@dataclass(slots=True)
class Meter:
    """How many questions are left."""

    left: int


def metered(steps: Steps, meter: Meter) -> Steps:
    """The same steps, with each question counted."""
    try:
        question = next(steps)
        while True:
            meter.left -= 1
            try:
                answer = yield question
            except NotAnswered as error:
                question = steps.throw(error)
            else:
                question = steps.send(answer)
    except StopIteration as end:
        return end.value or ()


def _contract(survey: Survey) -> Generator[Question, Answer, Contract | None]:
    for path in dict.fromkeys(
        (*survey.scene.documents, *(f"{survey.prefix}{p}" for p in SCHEMAS[:2]), *SCHEMAS)
    ):
        response = yield from _asked(survey, path)
        if isinstance(response, NotAnswered):
            return None  # the same is asked for, and told, elsewhere
        name = path.partition("?")[0].rpartition("/")[2] or "openapi.json"
        contract = served_contract(response, name)
        if contract is not None and contract.operations:
            return contract
    return None


def _asked(survey: Survey, path: str) -> Asked:
    """With the environment's credentials, where it has any."""
    if survey.environment.headers:
        return (yield from attempt(survey.at_root(path)))
    return (yield from looked(survey.scene, survey.origin, path))


def _probes(survey: Survey, contract: Contract) -> Iterator[Probe]:
    """Reading calls only, whatever the environment allows: nobody who answers for the API chose this contract."""
    environment = replace(survey.environment, active=False)
    inner = survey_of(environment, contract, survey.origins, survey.patterns)
    inner = replace(
        inner,
        scene=survey.scene,
        given=survey.given,
        calls=inner.calls[:CALLS],
        verbs=dict(islice(inner.verbs.items(), PATHS)),
        left=(),
    )
    asked = {probe.name for family in _FAMILIES for probe in family.plan(survey)}
    for family in _FAMILIES:
        yield from (probe for probe in family.plan(inner) if probe.name not in asked)
