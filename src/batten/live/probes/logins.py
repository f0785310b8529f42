"""Whether guessing passwords is held up: only on the user's word, with a user that does not exist, at most twenty times at each
of two documented log-ins. No account is locked by it; whoever watches the logs sees it."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Feature
from batten.live.evidence import sight
from batten.live.exchange import Probe, Request, Steps, ask
from batten.live.logins import MOST, Login, held_up, refused
from batten.live.survey import Survey
from batten.model import Setting, Switch

ATTEMPTS = 20


def plan(survey: Survey) -> Iterator[Probe]:
    if survey.environment.try_logins:
        for login in survey.logins[:MOST]:
            yield Probe(f"up to {ATTEMPTS} guesses at {login.label}", _guessed(survey, login))


def _guessed(survey: Survey, login: Login) -> Steps:
    """Every answer is like the first one, or guessing is held up; a first answer that refuses no password says nothing."""
    first = yield from ask(_request(survey, login))
    if not refused(first):
        return []
    for _ in range(ATTEMPTS - 1):
        answer = yield from ask(_request(survey, login))
        if held_up(answer, first):
            return []
    at = sight(first).at("response to a log-in")
    return [Feature(at, Switch.LOGIN_GUESSING, Setting(True, at), login.label)]


def _request(survey: Survey, login: Login) -> Request:
    headers = (("Content-Type", login.media_type), ("Accept", "application/json"))
    return Request("POST", survey.url(login.path), headers, login.body(), anonymous=True, guess=True)
