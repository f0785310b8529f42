"""What an assessment would ask, without a connection: probes are answered here, in several ways, and their questions noted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field, replace
from itertools import chain, takewhile
from typing import assert_never

from batten.live.evidence import shown
from batten.live.exchange import (
    Answer,
    Headers,
    NotAnswered,
    Probe,
    Question,
    Request,
    Response,
    TcpAnswer,
    TcpDialogue,
    TlsAnswer,
    TlsHello,
)
from batten.live.probes import stages, transport
from batten.live.runner import HARMLESS
from batten.live.scene import Scene
from batten.live.scope import scope_of
from batten.live.survey import NOWHERE, Survey
from batten.model.record import record

LONGEST = 400  # questions of one probe that are noted


@record
class Planned:
    """One question. `method` is TCP or TLS where it is not HTTP; `target` a URL, or host:port; `headers` are its own, and
    `body` counts bytes. `changes`: it may change something. `credentials`: the environment's headers go with it, if the
    channel is safe."""

    method: str
    target: str
    changes: bool = False
    credentials: bool = False
    headers: tuple[str, ...] = ()
    body: int = 0


@record
class Rehearsed:
    """A probe: what it asks, whichever of the answers here it gets, the first question for certain; and what else it asks
    after some of them. Other answers may end it earlier, or bring about more. `withheld` needs --active."""

    name: str
    family: str
    planned: tuple[Planned, ...] = ()
    possible: tuple[Planned, ...] = ()
    withheld: tuple[Planned, ...] = ()


@record
class Rehearsal:
    """Everything about one target. No more than `budget` questions are ever sent, to the `places` alone."""

    environment: str
    url: str
    budget: int
    rate: float
    places: tuple[tuple[str, int], ...]
    probes: tuple[Rehearsed, ...] = field(default=())

    @property
    def planned(self) -> int:
        return sum(len(probe.planned) for probe in self.probes)


Reply = Callable[[Question], Answer | NotAnswered]


def _silence(question: Question) -> Answer | NotAnswered:
    return NotAnswered("rehearsal")


def _page(status: int, media: str, body: bytes) -> Reply:
    """Everything is answered with the same page; other ports say nothing that is understood."""
    headers = (("Content-Type", media), ("Content-Length", str(len(body))))

    def answer(question: Question) -> Answer | NotAnswered:
        match question:
            case Request():
                return Response(status, headers, body, question, size=len(body))
            case TlsHello():
                return TlsAnswer((), ())
            case TcpDialogue():
                return TcpAnswer((body,) * len(question.lines))
            case _:
                assert_never(question)

    return answer


def _ordinary(headers: Headers = ()) -> Reply:
    """A page at the root, and nothing elsewhere, from a server that says these headers."""

    def answer(question: Question) -> Answer | NotAnswered:
        there = isinstance(question, Request) and question.path == "/"
        told = (_PAGE if there else _NOTHING)(question)
        return replace(told, headers=(*told.headers, *headers)) if isinstance(told, Response) else told

    return answer


def _documented(runtime: Headers = ()) -> Reply:
    """An API that serves its own contract and reads, from a server that refuses verbs it does not have."""
    contract = b'{"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {"/x": {"get": {"responses": {}}}}}'
    served = _page(200, "application/json", contract)
    read, refused = _page(200, "application/json", b"[]"), _page(405, "application/json", b"{}")

    def answer(question: Question) -> Answer | NotAnswered:
        if not isinstance(question, Request):
            return _NOTHING(question)
        if question.guess:
            return _REFUSED(question)
        named = question.path.rpartition("/")[2] in ("openapi.json", "swagger.json")
        if NOWHERE in question.path or ("." in question.path and not named):
            return _NOTHING(question)
        reply = served if named else read if question.method in ("GET", "HEAD") else refused
        told = reply(question)
        return replace(told, headers=(*told.headers, *runtime)) if isinstance(told, Response) else told

    return answer


# What servers say of the runtime behind them, which decides which files are asked for (live.scene).
_RUNTIMES: tuple[Headers, ...] = (
    (("Server", "uvicorn"),),
    (("X-Powered-By", "Express"),),
    (("X-Powered-By", "PHP/8.4"),),
    (("Server", "Jetty"),),
    (("Server", "Kestrel"),),
    (("Server", "Puma"),),
)
_PAGE = _page(200, "text/html", b"<!doctype html><html><head><title>x</title></head><body>x</body></html>")
_NOTHING = _page(404, "text/plain", b"")
_REFUSED = _page(401, "application/json", b"{}")
REPLIES: tuple[Reply, ...] = (
    _silence,
    _ordinary(),
    *map(_ordinary, _RUNTIMES),
    _documented(),
    *map(_documented, _RUNTIMES),
    _NOTHING,
    _page(200, "application/json", b'{"data": [{"id": 1}]}'),
    _PAGE,
    _page(401, "application/json", b"{}"),
    _page(405, "text/plain", b"no"),
    _page(500, "text/plain", b"error"),
)


def rehearse(survey: Survey) -> Rehearsal:
    """What would be asked of a target. Nothing is resolved and nothing is dialled."""
    environment = survey.environment
    runs = [_played(survey, reply) for reply in REPLIES]
    always = [probe for probe in runs[0] if all(probe in run for run in runs)]
    probes = [_merged(family, name, [run[family, name] for run in runs], survey) for family, name in always]
    probes += _depending(runs, set(always), survey)
    places = tuple(sorted(scope_of(environment)))
    return Rehearsal(
        environment.name, environment.url, environment.budget, environment.rate, places, tuple(probes)
    )


_Named = tuple[str, str]  # family, and name of a probe


def _played(survey: Survey, reply: Reply) -> dict[_Named, list[Question]]:
    """The questions of each probe. What the first answers show decides which probes follow."""
    survey = replace(survey, scene=Scene())
    asked: dict[_Named, list[Question]] = {}
    for stage in chain((list(transport.plan(survey)),), stages(survey)):
        for probe in stage:
            asked.setdefault((probe.family, probe.name), []).extend(_asked(probe, reply, survey))
    return asked


def _depending(
    runs: Sequence[dict[_Named, list[Question]]], always: set[_Named], survey: Survey
) -> Iterator[Rehearsed]:
    """What is asked after some first answers only, a row a family."""
    families: dict[str, list[Question]] = {}
    for run in runs:
        for (family, name), asked in run.items():
            if (family, name) not in always:
                families.setdefault(family, []).extend(asked)
    for family, asked in families.items():
        yield _merged(family, depending(family), [[], asked], survey)


def depending(family: str) -> str:
    """The name of what a family asks only after some first answers."""
    return f"{family}: as the first answers decide"


def _asked(probe: Probe, reply: Reply, survey: Survey) -> Iterator[Question]:
    """The questions of a probe whose answers the scene makes, as far as they go."""
    steps, answer = probe.steps, None
    try:
        for _ in range(LONGEST):
            if isinstance(answer, NotAnswered):
                question = steps.throw(answer)
            else:
                question = next(steps) if answer is None else steps.send(answer)
            yield question
            answer = NotAnswered("rehearsal") if _withheld(question, survey) else reply(question)
    except StopIteration:
        return
    except Exception:  # an answer that no server gives: what was asked until then was asked
        return
    finally:
        steps.close()


def _merged(family: str, name: str, runs: Sequence[list[Question]], survey: Survey) -> Rehearsed:
    plans = [[_planned(q, survey) for q in asked if not _withheld(q, survey)] for asked in runs]
    held = dict.fromkeys(_planned(q, survey) for asked in runs for q in asked if _withheld(q, survey))
    # How all of them begin.
    rows: Iterable[tuple[Planned, ...]] = zip(*plans, strict=False)
    planned = tuple(row[0] for row in takewhile(lambda row: len(set(row)) == 1, rows))
    possible = dict.fromkeys(one for asked in plans for one in asked[len(planned) :])
    return Rehearsed(name, family, planned, tuple(p for p in possible if p not in planned), tuple(held))


def _withheld(question: Question, survey: Survey) -> bool:
    return _changes(question) and not survey.environment.active


def _changes(question: Question) -> bool:
    if not isinstance(question, Request):
        return False
    return not (question.method in HARMLESS or question.reads or question.guess)


def _planned(question: Question, survey: Survey) -> Planned:
    if not isinstance(question, Request):
        host = f"[{question.host}]" if ":" in question.host else question.host
        return Planned("TLS" if isinstance(question, TlsHello) else "TCP", f"{host}:{question.port}")
    target = question.origin + question.target if question.target.startswith("/") else question.url
    told = tuple(f"{name}: {shown(name, value)}" for name, value in question.headers)
    body = len(question.body)
    environment = survey.environment
    own = environment.roles.get(question.role) if question.role else environment.headers
    return Planned(
        question.method,
        target,
        _changes(question),
        bool(own) and question.origin == survey.origin and not question.anonymous,
        told,
        body,
    )
