"""From a request to its answer: who asks and may they, one transaction, and errors in one place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from hashlib import sha256

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from batten.watch.access.accounts import AccessProblem
from batten.watch.alerts.addresses import Undelivered
from batten.watch.api import problems
from batten.watch.api.asked import Asked, Handler, Reply
from batten.watch.api.document import Operation
from batten.watch.api.problems import ApiProblem
from batten.watch.assess.pushes import Busy
from batten.watch.assess.report import ReportProblem
from batten.watch.ledger.waiving import WaiverProblem
from batten.watch.model import Caller
from batten.watch.schedule.acts import ActProblem, Taken
from batten.watch.schedule.hook_senders import HookProblem
from batten.watch.store import repeats
from batten.watch.store.database import now

Endpoint = Callable[[Request], Awaitable[Response]]


def endpoint(operation: Operation, handler: Handler) -> Endpoint:
    """What Starlette calls for an operation; the database is asked in a thread."""

    async def answered(request: Request) -> Response:
        caller: Caller | None = getattr(request.state, "caller", None)
        if caller is None:
            return problems.response(401, "send a token, or log in", {"WWW-Authenticate": "Bearer"})
        asked = Asked(
            watch=request.app.state.watch,
            caller=caller,
            path=request.path_params,
            query={name: request.query_params.getlist(name) for name in request.query_params},
            headers=request.headers,
            body=await request.body(),
            now=now(),
        )
        return await run_in_threadpool(_answer, operation, handler, asked)

    return answered


def _answer(operation: Operation, handler: Handler, asked: Asked) -> Response:
    try:
        if asked.caller.scopes is not None and operation.scope not in asked.caller.scopes:
            raise ApiProblem(403, f"the token needs the scope {operation.scope}")
        if operation.method == "GET":
            with asked.watch.database.read() as db:
                return _response(handler(db, asked))
        return _written(operation, handler, asked)
    except (ApiProblem, HookProblem) as problem:
        return problems.response(problem.status, str(problem))
    except tuple(_SAID) as error:
        status = next(status for kind, status in _SAID.items() if isinstance(error, kind))
        return problems.response(status, str(error))
    except IntegrityError:
        return problems.response(409, "it conflicts with what is there already")
    except (DataError, OverflowError):
        return problems.response(422, "a value is not one that the database can hold")
    except SQLAlchemyError:
        return problems.response(503, "the database does not answer", {"Retry-After": "5"})


# What other rooms raise with a sentence for people: the first that fits.
_SAID: dict[type[Exception], int] = {
    Taken: 409,
    Busy: 409,
    Undelivered: 502,
    ActProblem: 422,
    WaiverProblem: 422,
    AccessProblem: 422,
    ReportProblem: 422,
}


def _written(operation: Operation, handler: Handler, asked: Asked) -> Response:
    """An answer to what changes something: both are in one transaction, and a request is answered once."""
    key = asked.headers.get("idempotency-key", "")
    with asked.watch.database.begin() as db:
        if key:
            reply, response = _once(db, operation, handler, asked, key)
        else:
            reply = handler(db, asked)
            response = _response(reply)
    if reply is not None and reply.after is not None:
        reply.after()
    return response


def _once(
    db: Connection, operation: Operation, handler: Handler, asked: Asked, key: str
) -> tuple[Reply | None, Response]:
    """What a handler answers, kept under the client's key; no reply where it was answered before."""
    name = repeats.named(asked.caller, operation.name, key)
    told = msgspec.json.encode((dict(asked.path), dict(asked.query), asked.headers.get("if-match", "")))
    request = sha256(told + asked.body).hexdigest()
    before = repeats.begin(db, name, request, asked.now)
    if before is not None:
        return None, _again(before, request)
    reply = handler(db, asked)
    response = _response(reply)
    if not reply.secret:
        kept = repeats.Answer(
            request=request,
            status=response.status_code,
            headers=dict(reply.headers),
            body=bytes(response.body),
        )
        repeats.keep(db, name, kept)
    return reply, response


def _again(before: repeats.Answer, request: str) -> Response:
    if before.request != request:
        raise ApiProblem(422, "the Idempotency-Key was used for another request; use a new one")
    if not before.status:
        raise ApiProblem(409, "the request was answered already, and its answer is shown once")
    return Response(before.body, before.status, before.headers, "application/json" if before.body else None)


def _response(reply: Reply) -> Response:
    headers = dict(reply.headers)
    if reply.stream is not None:
        return StreamingResponse(reply.stream, reply.status, headers, reply.media_type)
    if reply.body is None:
        return Response(None, reply.status, headers)
    return Response(msgspec.json.encode(reply.body), reply.status, headers, reply.media_type)
