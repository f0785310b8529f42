"""A contract as calls and answers: one request for each operation, and what an API that keeps the contract answers."""

from __future__ import annotations

import json
from collections.abc import Iterator

from batten.contract import Contract, Media, Operation, Response
from batten.contract.answered import of_media
from batten.contract.dialect import Direction
from batten.contract.surface import credential_headers
from batten.contract.validators import SchemaProblem, Validators
from batten.facts import Content
from batten.live.examples import call_of, example, headers_of
from batten.live.exchange import Headers
from batten.live.writing.payloads import candidates
from batten.model.record import record

ANY = "application/octet-stream"
OTHER = b"batten"  # the body of a media type that is not JSON
# Headers of a connection, or of the body, and cookies: their form is not the schema's.
_OWN = frozenset(
    [
        "connection",
        "content-length",
        "content-encoding",
        "transfer-encoding",
        "keep-alive",
        "trailer",
        "upgrade",
        "te",
        "date",
        "server",
        "set-cookie",
        "host",
    ]
)
_NEVER = frozenset({"TRACE", "TRACK", "CONNECT"})


@record(kw_only=True)
class Call:
    """A request that the contract admits. `target` is path and query as they are sent."""

    method: str
    template: str
    target: str
    headers: Headers
    body: bytes

    @property
    def label(self) -> str:
        return f"{self.method} {self.template}"


@record(kw_only=True)
class Reply:
    """An answer as the contract shows it."""

    status: int
    headers: Headers
    body: bytes


def calls(contract: Contract, token: str) -> Iterator[Call]:
    """One for each operation that an edge offers; `token` goes where each of its credentials would, "" for none."""
    validators = Validators(contract)
    for operation in contract.operations:
        if operation.method not in _NEVER and operation.path.startswith("/"):
            if operation.body is None or not operation.body.media:
                body: tuple[Headers, bytes] = (), b""
            else:
                media = _preferred(list(operation.body.media.values()))
                kind = _concrete(media.media_type)
                body = (("Content-Type", kind),), _body(media, contract, validators, Direction.REQUEST)
            # Those of the first way to authenticate: headers, and what is added to the query.
            wanted = next((names for names in operation.security or () if names), ()) if token else ()
            named = credential_headers(contract)
            headers, credentials_query = list[tuple[str, str]](), ""
            for scheme in contract.schemes:
                if scheme.name not in wanted:
                    continue
                if scheme.name in named:
                    headers.append((named[scheme.name], f"Bearer {token}"))
                elif scheme.location == "cookie":
                    headers.append(("Cookie", f"batten={token}"))
                else:
                    credentials_query = f"batten={token}"
            credentials, query = tuple(headers), credentials_query
            target = call_of(operation, contract).partition("#")[0]
            yield Call(
                method=operation.method,
                template=operation.path,
                target=f"{target}{'&' if '?' in target else '?'}{query}" if query else target,
                headers=tuple(
                    filter(_is_sendable, (*headers_of(operation, contract), *credentials, *body[0]))
                ),
                body=body[1],
            )


def is_secured(operation: Operation) -> bool:
    """Whether every way to call it needs a credential."""
    return bool(operation.security) and () not in (operation.security or ())


def _preferred(found: list[Media]) -> Media:
    return next((media for media in found if _is_json(media.media_type)), found[0])


def _is_json(media_type: str) -> bool:
    name = media_type.partition(";")[0].strip().lower()
    return name == "application/json" or name.endswith("+json")


def _concrete(media_type: str) -> str:
    return (
        ANY if "*" in media_type or not media_type.isprintable() or not media_type.isascii() else media_type
    )


def _answered(media_type: str) -> str:
    """Pages name their charset, which contracts seldom do."""
    kind = _concrete(media_type)
    is_page = of_media(kind.partition(";")[0].strip().lower()) is Content.PAGE
    return f"{kind}; charset=utf-8" if is_page and "charset" not in kind.lower() else kind


def _body(media: Media, contract: Contract, validators: Validators, direction: Direction) -> bytes:
    """What the contract shows as an example, or what its schema admits."""
    if not _is_json(media.media_type):
        return OTHER
    if media.schema is None:
        return b"{}"
    try:
        validator = validators.validator(media.schema, direction)
    except SchemaProblem:
        return b"{}"
    found = candidates(media, contract, direction)
    return next((json.dumps(value).encode() for value in found if validator.is_valid(value)), b"{}")


def reply_of(operation: Operation, contract: Contract, validators: Validators) -> Reply:
    """What an API that keeps the contract answers to a call of the operation."""
    # The first success that is declared, else the first answer of any kind.
    chosen_declared = {_status(name): response for name, response in operation.responses.items()}
    if not chosen_declared:
        status, declared = 200, None
    else:
        status, declared = min(chosen_declared.items(), key=lambda pair: (pair[0] >= 300, pair[0]))
    if declared is None or not declared.media or status in (204, 304) or status < 200:
        return Reply(status=status, headers=_shown(declared, contract), body=b"")
    media = _preferred(list(declared.media.values()))
    headers = (("Content-Type", _answered(media.media_type)), *_shown(declared, contract))
    return Reply(status=status, headers=headers, body=_body(media, contract, validators, Direction.RESPONSE))


def _status(name: str) -> int:
    """`2XX` and the default are 200."""
    if name.isdigit() and name.isascii() and 200 <= int(name) <= 599:
        return int(name)
    return int(name[0]) * 100 if name[1:].lower() == "xx" and name[0] in "2345" else 200


def _shown(declared: Response | None, contract: Contract) -> Headers:
    if declared is None:
        return ()
    found = ((name, example(header, contract)) for name, header in declared.headers.items())
    return tuple(pair for pair in found if _is_sendable(pair) and pair[0].lower() != "content-type")


def _is_sendable(pair: tuple[str, str]) -> bool:
    name, value = pair
    usable = name.replace("-", "").replace("_", "").isalnum() and name.isascii()
    return usable and name.lower() not in _OWN and value.isascii() and value.isprintable()
