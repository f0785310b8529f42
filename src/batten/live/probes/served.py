"""Without a contract in hand, the one that the API serves of itself says what to ask for."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from itertools import islice

from batten.contract import Contract
from batten.facts import Fact, ObservedAnswer
from batten.live.calls import survey_of
from batten.live.documents import served_contract
from batten.live.exchange import Answer, NotAnswered, Probe, Question, Steps, attempt
from batten.live.probes import answers, cors, errors, hosts, overrides, rebinding, strangers, tokens, verbs
from batten.live.probes.endpoints import SCHEMAS
from batten.live.survey import Survey

MOST = 25  # operations and paths that are asked for: what a server says of itself may be endless
_FAMILIES = (answers, strangers, tokens, verbs, overrides, hosts, rebinding, cors, errors)


def plan(survey: Survey) -> Iterator[Probe]:
    if not survey.documented:
        yield Probe("what the API's own contract declares", _served(survey))


def _served(survey: Survey) -> Steps:
    contract = yield from _contract(survey)
    if contract is None:
        return []
    found: list[Fact | NotAnswered] = []
    for probe in _probes(survey, contract):
        try:
            outcomes = yield from probe.steps
        except NotAnswered as error:
            found.append(error)
        else:
            found += [_known(fact) for fact in outcomes]
    return found


def _contract(survey: Survey) -> Generator[Question, Answer, Contract | None]:
    for path in dict.fromkeys((*(f"{survey.prefix}{p}" for p in SCHEMAS[:2]), *SCHEMAS)):
        response = yield from attempt(survey.at_root(path))
        if isinstance(response, NotAnswered):
            return None  # the same is asked for, and told, elsewhere
        contract = served_contract(response, path.rpartition("/")[2] or "openapi.json")
        if contract is not None and contract.operations:
            return contract
    return None


def _probes(survey: Survey, contract: Contract) -> Iterator[Probe]:
    """Reading calls only, whatever the environment allows: nobody who answers for the API chose this contract."""
    environment = replace(survey.environment, active=False)
    inner = survey_of(environment, contract, survey.origins, survey.patterns)
    inner = replace(inner, calls=inner.calls[:MOST], verbs=dict(islice(inner.verbs.items(), MOST)), left=())
    inner = replace(inner, given=survey.given)
    asked = {probe.name for family in _FAMILIES for probe in family.plan(survey)}
    for family in _FAMILIES:
        yield from (probe for probe in family.plan(inner) if probe.name not in asked)


def _known(fact: Fact | NotAnswered) -> Fact | NotAnswered:
    """Frameworks write down what succeeds, and seldom how they refuse."""
    if isinstance(fact, ObservedAnswer) and fact.status >= 400:
        return replace(fact, mismatch="")
    return fact
