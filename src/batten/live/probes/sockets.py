"""Whether WebSockets are opened for pages of other sites. The first one that is known or found decides: one server mostly
checks all of them or none. A server without WebSockets costs one question a path."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from batten.live.evidence import sight
from batten.live.exchange import (
    Answer,
    HungUp,
    NotAnswered,
    Probe,
    Question,
    Response,
    Steps,
    attempt,
    header,
)
from batten.live.scene import looked
from batten.live.sockets import handshake, named, of_page, opened, socket_facts
from batten.live.survey import Survey
from batten.model.record import record

SCRIPTS = 3  # of the page, that are looked at
_GRAPHQL = "graphql-transport-ws, graphql-ws"


@record
class _Door:
    path: str
    protocols: str = ""


# Where frameworks have them by default: Socket.IO, GraphQL over WebSocket, Action Cable, and names that many give.
USUAL = (
    _Door("/ws"),
    _Door("/socket.io/?EIO=4&transport=websocket"),
    _Door("/graphql", _GRAPHQL),
    _Door("/cable", "actioncable-v1-json"),
    _Door("/websocket"),
    _Door("/"),
)


def plan(survey: Survey) -> Iterator[Probe]:
    yield Probe("WebSocket origins", _sockets(survey))


def _sockets(survey: Survey) -> Steps:
    """A server that hangs up has refused; one that leaves a handshake open is asked for no other."""
    cookie = header(survey.given, "cookie")
    for door in (yield from _doors(survey)):
        for sent in dict.fromkeys(("", cookie)):
            answer = yield from _tried(survey, door, sent)
            if isinstance(answer, Response) and opened(answer):
                return list(socket_facts(sight(answer)))
            if isinstance(answer, NotAnswered) and not isinstance(answer, HungUp):
                return [answer]
    return []


def _doors(survey: Survey) -> Generator[Question, Answer, list[_Door]]:
    """What the pages of the root and their scripts name, what the contract names, and what is usual."""
    paths: list[str] = []
    scripts: list[str] = []
    for page in survey.scene.roots:
        written, linked = of_page(page)
        paths, scripts = [*paths, *written], [*scripts, *linked]
    for script in list(dict.fromkeys(scripts))[:SCRIPTS]:
        text = yield from looked(survey.scene, survey.origin, script)
        if isinstance(text, Response) and text.status == 200:
            paths += named(text.text)
    paths += [t for t in survey.verbs if t.rstrip("/").rpartition("/")[2] in ("ws", "websocket")]
    known = [_Door(path, _GRAPHQL if "graphql" in path else "") for path in dict.fromkeys(paths)]
    below = [_Door(f"{survey.prefix}{USUAL[0].path}")] if survey.prefix else []
    seen = {door.path for door in known}
    return [*known, *(door for door in (*below, *USUAL) if door.path not in seen)]


def _tried(survey: Survey, door: _Door, cookie: str) -> Generator[Question, Answer, Response | NotAnswered]:
    more = (("Cookie", cookie),) if cookie else ()
    return (yield from attempt(handshake(survey.origin + door.path, door.protocols, more=more)))
