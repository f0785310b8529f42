"""A contract as calls that can be made: example values in, and how an answer differs out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice
from urllib.parse import unquote

from batten.contract import Contract, Operation, media_of, told_of
from batten.contract.matcher import Matcher
from batten.contract.strict_json import strict_json
from batten.contract.validators import SchemaProblem, Validators
from batten.live.examples import MOST_WRONG, absent, call_of, choices, headers_of, is_plain, path_of, wrong
from batten.live.exchange import Response
from batten.live.logins import FORM, JSON, Login
from batten.live.survey import Call, Survey, acts, lasts
from batten.live.writing.labels import Label
from batten.live.writing.payloads import Payload, candidates, payload_of
from batten.policy import Environment

_LOGIN_PATH = re.compile(
    r"(?i)(?:log[-_]?in|sign[-_]?in|tokens?|sessions?|auth|authenticate|authentication|credentials)"
)
_LOGIN_USER = re.compile(
    r"(?i)^(?:user(?:[-_]?name)?|e?[-_]?mail(?:[-_]?address)?|login|account|identifier|name)$"
)
_LOGIN_PASSWORD = re.compile(r"(?i)^(?:pass(?:word|wd|phrase)?|pwd|secret)$")


def survey_of(
    environment: Environment,
    contract: Contract | None,
    origins: tuple[str, ...] = (),
    patterns: tuple[str, ...] = (),
    label: Label | None = None,
) -> Survey:
    """What probes may know. Without a contract nothing is held against one. `label` is what bodies are known by."""
    name = label.name if label is not None else ""
    if contract is None:
        return Survey(environment, origins=origins, patterns=patterns, label=name)
    matcher = Matcher(contract.operations)
    verbs: dict[str, set[str]] = {}
    examples: dict[str, str] = {}
    for operation in contract.operations:
        verbs.setdefault(operation.path, set()).add(operation.method)
        examples.setdefault(operation.path, path_of(operation, contract, {}))

    encoded = not all(map(is_plain, verbs))

    def match(method: str, path: str) -> str:
        bare = path.partition("?")[0]
        found = matcher.match(bare) or (matcher.match(unquote(bare)) if encoded else None)
        return found.template if found is not None and method in found.operations else ""

    calls: list[Call] = []
    validators = Validators(contract)
    for calls_operation in contract.operations:
        if calls_operation.method == "GET" and not _acts(calls_operation):
            calls_path, full = (
                call_of(calls_operation, contract),
                call_of(calls_operation, contract, every=True),
            )
            calls.append(
                Call(
                    "GET",
                    calls_operation.path,
                    calls_path,
                    _mismatch(calls_operation, validators),
                    tuple(choices(calls_operation, contract)),
                    _secured(calls_operation),
                    tuple(islice(wrong(calls_operation, contract), MOST_WRONG)),
                    (full,) if full != calls_path else (),
                    headers_of(calls_operation, contract),
                )
            )
    return Survey(
        environment,
        tuple(calls),
        {template: frozenset(methods) for template, methods in verbs.items()},
        examples,
        {o.path: path_of(o, contract, absent(o, contract)) for o in contract.operations},
        match,
        origins,
        patterns,
        tuple(o.label for o in contract.operations if o.method == "GET" and _acts(o)),
        tuple(_writes(contract, environment.active, label)),
        label=name,
        logins=tuple(logins_of(contract)) if environment.try_logins else (),
    )


def _writes(contract: Contract, active: bool, label: Label | None) -> Iterator[Call]:
    """Operations that take a body, on things that hardly exist; none whose name says more than that it writes.
    Bodies that would be taken are made for active environments only."""
    validators = Validators(contract)
    for operation in contract.operations:
        if operation.method in ("POST", "PUT", "PATCH") and not acts(operation.template, ""):
            path = call_of(operation, contract, values=absent(operation, contract))
            lasting = not active or lasts(operation.template, operation.operation_id)
            payload = Payload() if lasting else payload_of(operation, contract, validators, label)
            yield Call(
                operation.method,
                operation.path,
                path,
                _mismatch(operation, validators),
                secured=_secured(operation),
                headers=headers_of(operation, contract),
                body=payload.valid,
                invalid=payload.invalid,
            )


def _secured(operation: Operation) -> bool:
    return bool(operation.security) and () not in (operation.security or ())


def _acts(operation: Operation) -> bool:
    return acts(operation.template, operation.operation_id)


def _mismatch(operation: Operation, validators: Validators) -> Callable[[Response], str]:
    """How an answer is not as the contract says, "" when it is; answers of what stands before the API
    (429, 502, 503, 504) are not its own."""

    def difference(response: Response) -> str:
        if response.status in (429, 502, 503, 504):
            return ""
        declared = told_of(operation, response.status)
        if declared is None:
            return f"status {response.status} is not declared"
        if not declared.known or not response.body:
            return (
                ""
                if not declared.known or not declared.media or response.status in (204, 304)
                else "the body is missing"
            )
        if not declared.media:
            # Errors without a declared body are what error-schemas-defined is about.
            return "a body was sent where none is declared" if response.status < 400 else ""
        media = media_of(declared.media, response.media_type)
        if media is None:
            return f"{response.media_type or 'no media type'} is not declared for status {response.status}"
        return _body(response, operation, validators)

    return difference


def _body(response: Response, operation: Operation, validators: Validators) -> str:
    """Why the body is not what its schema says, without any of its values."""
    if not response.media_type.endswith("json") or response.truncated:
        return ""
    try:
        validator = validators.told(operation, response.status, response.media_type)
        if validator is None:
            return ""
        reasons = validator.explain(strict_json(response.body))
    except SchemaProblem:
        return ""  # the contract's own trouble, which its reader tells
    except ValueError as error:
        return f"the body is not valid JSON: {error}"
    return "; ".join(reasons[:3])


def logins_of(contract: Contract) -> Iterator[Login]:
    """The log-ins that a contract documents."""
    for operation in contract.operations:
        last = operation.path.rstrip("/").rpartition("/")[2]
        if operation.method == "POST" and _LOGIN_PATH.fullmatch(last):
            yield from _login(operation, contract)


def _login(operation: Operation, contract: Contract) -> Iterator[Login]:
    for kind in (JSON, FORM):
        media = media_of(operation.body.media, kind) if operation.body is not None else None
        for value in candidates(media, contract) if media is not None and media.schema is not None else ():
            names = [n for n, v in value.items() if isinstance(v, str)] if isinstance(value, dict) else []
            user = next(filter(_LOGIN_USER.match, names), "")
            password = next(filter(_LOGIN_PASSWORD.match, names), "")
            if user and password:
                path = call_of(operation, contract)
                yield Login(f"POST {operation.path}", path, kind == FORM, value, user, password)
                return
