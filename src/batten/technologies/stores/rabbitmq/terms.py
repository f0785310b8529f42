"""RabbitMQ's settings as Erlang terms, by the names that rabbitmq.conf has for them.

Sources: https://www.rabbitmq.com/docs/configure#advanced-config-file and the translations of the schemas that the server ships
(priv/schema/*.schema). advanced.config counts more than the rabbitmq.conf beside it; the classic rabbitmq.config stands alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.formats import Workspace, erlang
from batten.formats.document import SyntaxProblem, Uneditable
from batten.formats.erlang import Sort, Term
from batten.model import Edit, Location, Span
from batten.technologies.shared.settings.forms import DEEPEST, Form
from batten.technologies.shared.settings.settings import Entry, Settings

# What each application's settings begin with in rabbitmq.conf.
_APPLICATIONS = {
    "rabbit": "",
    "rabbitmq_management": "management",
    "rabbitmq_prometheus": "prometheus",
    "rabbitmq_auth_backend_ldap": "auth_ldap",
    "rabbitmq_auth_backend_http": "auth_http",
    "rabbitmq_stomp": "stomp",
    "rabbitmq_mqtt": "mqtt",
    "rabbitmq_web_mqtt": "web_mqtt",
    "rabbitmq_web_stomp": "web_stomp",
    "rabbitmq_trust_store": "trust_store",
}
# Names that differ: of the application's settings, by what they are in rabbitmq.conf.
_RENAMED = {
    "tcp_listeners": "listeners.tcp",
    "ssl_listeners": "listeners.ssl",
    "management.cors_allow_origins": "management.cors.allow_origins",
    "prometheus.tcp_config": "prometheus.tcp",
    "stomp.default_user.login": "stomp.default_user",
    "stomp.default_user.passcode": "stomp.default_pass",
    "log_levels.connection": "log.connection.level",
    "log.categories.connection.level": "log.connection.level",
}
ADVANCED = "advanced.config"
_USERS = "loopback_users"
_ADDRESS = re.compile(r"(?P<host>[^\s:]+|\[[^\]\s]+\]):(?P<port>\d{1,5})")


def _load(path: str, workspace: Workspace) -> tuple[Entry, ...]:
    """A user who is listed is served on loopback alone; in rabbitmq.conf the word for that is `true`."""
    return tuple(
        Entry(key, "true" if key.startswith(f"{_USERS}.") else _value(term), Location(path, key, term.span))
        for key, term in _settings(path, workspace)
    )


def _root(path: str, workspace: Workspace) -> Term:
    """The list of applications. Raises SyntaxProblem where the file holds something else."""
    terms = workspace.document(path, erlang.parse).tree
    if not terms:
        return Term(Sort.LIST, Span(0, 0))
    if terms[0].sort is not Sort.LIST:
        raise SyntaxProblem(
            "the file must be a list of applications", terms[0].span.start, "write `[{rabbit, [...]}].`"
        )
    return terms[0]


def _below(key: str, term: Term, depth: int) -> Iterator[tuple[str, Term]]:
    """Settings below a key: pairs go on, lists are numbered, and what is in force for no one says `none`."""
    key = _RENAMED.get(key, key)
    pairs = [one.pair for one in term.items] if term.sort in (Sort.LIST, Sort.MAP) else []
    if pairs and all(pairs) and depth < DEEPEST:
        for name, value in filter(None, pairs):
            yield from _below(f"{key}.{name}".lstrip("."), value, depth + 1)
    elif term.sort is Sort.LIST and key == _USERS and term.items:
        yield from ((f"{key}.{user.text}", user) for user in term.items)
    elif term.sort is Sort.LIST and term.items:
        yield from ((f"{key}.{number}", item) for number, item in enumerate(term.items, 1))
    else:
        yield key, term


def _value(term: Term) -> str:
    match term.sort:
        case Sort.LIST | Sort.MAP:
            return "none"
        case Sort.TUPLE:
            words = [item.text for item in term.items]
            return ":".join(words) if all(words) and words[0] != "encrypted" else "\0"
        case _:
            return term.text


def overlaid(path: str, workspace: Workspace) -> set[str]:
    """What the file says all of, by the names of rabbitmq.conf. Raises SyntaxProblem and Unreadable."""
    return {
        _RENAMED.get(key, key)
        for application, settings in filter(None, (one.pair for one in _root(path, workspace).items))
        if application in _APPLICATIONS
        for name, _ in filter(None, (one.pair for one in settings.items))
        for key in (f"{_APPLICATIONS[application]}.{name}".lstrip("."),)
    }


def _put(found: Settings, workspace: Workspace, key: str, value: str) -> list[Edit]:
    """The term at the key, as one of the same sort."""
    terms = dict(_settings(found.path, workspace))
    term = terms.get(key)
    if term is None:
        raise Uneditable("the setting is not written")
    address = _ADDRESS.fullmatch(value)
    if value == "none" and term.sort is Sort.LIST:
        text = "[]"
    elif address is not None and term.sort in (Sort.NUMBER, Sort.TUPLE):
        text = f'{{"{address["host"]}", {address["port"]}}}'
    elif term.sort in (Sort.TUPLE, Sort.LIST, Sort.MAP):
        raise Uneditable("the setting is a term of several")
    else:
        text = erlang.written(value, term.sort)
    return [Edit(found.path, term.span, text)]


def _settings(path: str, workspace: Workspace) -> Iterator[tuple[str, Term]]:
    for application, settings in filter(None, (one.pair for one in _root(path, workspace).items)):
        if application in _APPLICATIONS:
            yield from _below(_APPLICATIONS[application], settings, 0)


def _drop(found: Settings, workspace: Workspace, key: str) -> list[Edit]:
    """The pair of a setting, with the comma beside it."""
    root = _root(found.path, workspace)
    term = dict(_settings(found.path, workspace)).get(key)
    holder = _holder(root, term) if term is not None else None
    if holder is None:
        return []
    at = next(n for n, one in enumerate(holder.items) if one.pair is not None and one.pair[1] is term)
    items = holder.items
    if at + 1 < len(items):
        span = Span(items[at].span.start, items[at + 1].span.start)
    else:
        span = Span(items[at - 1].span.end if at else items[at].span.start, items[at].span.end)
    return [Edit(found.path, span, "")]


def _holder(root: Term, term: Term) -> Term | None:
    """The list with the pair whose value a term is."""
    pending = [root]
    while pending:
        here = pending.pop()
        if any(one.pair is not None and one.pair[1] is term for one in here.items):
            return here
        pending += here.items
    return None


TERMS = Form(_load, _put, _drop)


def is_terms(path: str) -> bool:
    return path.endswith(".config")
