"""The first look at a target: its root as programs and as browsers get it, and names that nobody has."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from urllib.parse import urljoin, urlsplit

from batten.live.exchange import (
    Answer,
    Headers,
    LeftAlone,
    NotAnswered,
    Probe,
    Question,
    Response,
    Steps,
)
from batten.live.scene import BROWSER, looked
from batten.live.survey import CHANGES, NOWHERE, Survey

HOPS = 4  # redirects that are followed from one address
MOVED = (301, 302, 303, 307, 308)
LOGIN = ("login", "signin", "sign-in", "sign_in", "auth", "sso", "oauth", "saml", "accounts")


def plan(survey: Survey) -> Iterator[Probe]:
    yield Probe("what the root answers", _look(survey))


def _look(survey: Survey) -> Steps:
    scene = survey.scene
    found: list[NotAnswered] = []
    for base in dict.fromkeys((survey.prefix, "")):
        for headers in ((), BROWSER):
            answers = yield from hops(survey, f"{base}/", headers)
            scene.roots += [a for a in answers if isinstance(a, Response)]
            found += [a for a in answers if isinstance(a, NotAnswered)]
    for name in (NOWHERE, f"{NOWHERE}/", f"{NOWHERE}.php"):
        answer = yield from looked(scene, survey.origin, f"{survey.prefix}/{name}")
        if isinstance(answer, Response):
            scene.nothing.append(answer)
    return [*found[:1], *_shut(survey)]


def hops(
    survey: Survey, path: str, headers: Headers = ()
) -> Generator[Question, Answer, list[Response | NotAnswered]]:
    """What a path answers, and where it leads on the same origin, within bounds."""
    answers: list[Response | NotAnswered] = []
    for _ in range(HOPS):
        answer = yield from looked(survey.scene, survey.origin, path, headers)
        answers.append(answer)
        path = "" if isinstance(answer, NotAnswered) else onward(survey, answer)
        if not path:
            break
    return answers


def onward(survey: Survey, response: Response) -> str:
    """Where a redirect leads on the same origin, unless it sounds like a deed."""
    if response.status not in MOVED:
        return ""
    target = urlsplit(urljoin(response.request.url, response.header("location")))
    if f"{target.scheme}://{target.netloc}" != survey.origin or CHANGES.search(target.path):
        return ""
    return target.path + (f"?{target.query}" if target.query else "")


def _shut(survey: Survey) -> Iterator[NotAnswered]:
    """A target that shows the same to every question tells nothing of what is behind it."""
    scene = survey.scene
    if scene.refuses:
        yield NotAnswered(
            f"every path is answered with status {scene.refuses}, whether it exists or not: a firewall, a rate"
            " limit or a rule in front refuses these requests, and what is behind it was not seen"
        )
    elif (away := _elsewhere(survey)) and not survey.environment.headers:
        origin, login = away
        if login:
            yield LeftAlone(
                f"every path leads to the login at {origin}: only what is shown without one was assessed",
                "give the environment's `headers:` a credential in batten.yaml",
            )
        elif origin != survey.origin:
            yield NotAnswered(
                f"every path leads to {origin}, which is out of scope: what is there was not assessed"
            )


def _elsewhere(survey: Survey) -> tuple[str, bool] | None:
    """The origin that the root and paths that nobody has lead to, and whether its page is a login; None where they
    do not lead to one place."""
    first = [a for a in survey.scene.roots if a.request.path == f"{survey.prefix}/"]
    answers = [*first, *survey.scene.nothing]
    if len(answers) < 2 or any(a.status not in MOVED for a in answers):
        return None
    places = [urlsplit(urljoin(a.request.url, a.header("location"))) for a in answers]
    origins = {f"{p.scheme}://{p.netloc}" for p in places}
    if len(origins) != 1:
        return None
    origin = origins.pop()
    login = all(any(word in p.path.lower() for word in LOGIN) for p in places)
    if origin == survey.origin and not login:
        return None
    return origin, login
