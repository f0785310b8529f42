"""What the size of an encrypted answer reveals: about a choice, and about the caller's role."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace

from batten.facts import ObservedAnswer
from batten.live.evidence import sight
from batten.live.exchange import Answer, NotAnswered, Probe, Question, Response, Steps, attempt
from batten.live.sizes import bits, distinguishability, on_the_wire
from batten.live.survey import Call, Survey

SAMPLES = 8  # answers that each value is sampled with, as each role
ROLE = "the caller's role"

Seen = dict[tuple[str, str], list[int]]  # role and path -> sizes


def plan(survey: Survey) -> Iterator[Probe]:
    for call in survey.calls:
        if len(call.choices) > 1:
            yield Probe(f"sizes of {call.label}", _sizes(survey, call))


def _sizes(survey: Survey, call: Call) -> Steps:
    """The worst that a value tells as any role, and the worst that a role tells at any value."""
    roles = ("", *survey.environment.roles)
    sizes: Seen = {(role, path): [] for role in roles for path in call.choices}
    last = yield from _sampled(survey, call, sizes)
    if isinstance(last, NotAnswered):
        return [last]
    let_in = [role for role in roles if all(sizes[role, path] for path in call.choices)]
    if not let_in:
        return [NotAnswered("not every value was answered with success")]
    at = sight(last).at("response size")
    fact = ObservedAnswer(
        at, operation=call.label, status=last.status, media_type=last.media_type, mismatch=""
    )
    by_value = [[sizes[role, path] for path in call.choices] for role in let_in]
    by_role = [[sizes[role, path] for role in let_in] for path in call.choices]
    found = [_measured(fact, _worst(by_value))]
    if len(let_in) > 1:
        of_role = replace(fact, at=sight(last).at("response size by role"), about=ROLE)
        found.append(_measured(of_role, _worst(by_role)))
    return found


def _sampled(survey: Survey, call: Call, sizes: Seen) -> Generator[Question, Answer, Response | NotAnswered]:
    """In turns, so that what changes with time does not pass for the choice. The last answer, or why one is
    missing."""
    last: Response | NotAnswered = NotAnswered("not every value was answered with success")
    for _ in range(SAMPLES):
        for (role, path), seen in sizes.items():
            response = yield from attempt(replace(survey.get(path, call.headers), role=role))
            if isinstance(response, NotAnswered):
                return response
            if response.status < 300:
                seen.append(on_the_wire(response))
                last = response
    return last


def _worst(several: Sequence[list[list[int]]]) -> list[list[int]]:
    return max(several, key=bits)


def _measured(fact: ObservedAnswer, samples: list[list[int]]) -> ObservedAnswer:
    seen = tuple(size for sizes in samples for size in sizes)
    told, sure = distinguishability(samples)
    return replace(fact, sizes=seen, bits=told, confidence=sure)
