"""Formats that a server's configuration defines: nginx's log_format, Apache's LogFormat, Envoy's and HAProxy's strings.

Sources: nginx ngx_http_log_module ("log_format"), Apache mod_log_config ("Custom Log Formats"), Envoy "Command operators",
HAProxy "Custom log format".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise

from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.formats.apache import parse as parse_apache
from batten.formats.blocks import Directive
from batten.formats.nginx import parse as parse_nginx
from batten.logs.expressions import Field, Part, Piece
from batten.logs.formats import LogFormat

_NGINX = {
    "remote_addr": Part.CLIENT, "realip_remote_addr": Part.CLIENT, "time_local": Part.TIME, "time_iso8601": Part.TIME,
    "msec": Part.TIME, "request": Part.REQUEST, "request_method": Part.METHOD, "request_uri": Part.TARGET,
    "uri": Part.PATH, "document_uri": Part.PATH, "args": Part.QUERY, "query_string": Part.QUERY, "status": Part.STATUS,
}  # fmt: skip
_APACHE = {
    "h": Part.CLIENT, "a": Part.CLIENT, "r": Part.REQUEST, "m": Part.METHOD, "U": Part.PATH, "q": Part.QUERY, "s": Part.STATUS,
}  # fmt: skip
_ENVOY = {
    "START_TIME": Part.TIME, "RESPONSE_CODE": Part.STATUS, "REQ(:METHOD)": Part.METHOD, "REQ(:PATH)": Part.TARGET,
    "REQ(X-ENVOY-ORIGINAL-PATH?:PATH)": Part.TARGET, "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT": Part.CLIENT,
    "DOWNSTREAM_REMOTE_ADDRESS": Part.CLIENT, "REQ(X-FORWARDED-FOR)": Part.CLIENT,
}  # fmt: skip
_HAPROXY = {
    "ci": Part.CLIENT, "r": Part.REQUEST, "HM": Part.METHOD, "HU": Part.TARGET, "HP": Part.PATH, "HPO": Part.PATH, "HQ": Part.QUERY,
    "ST": Part.STATUS, "tr": Part.TIME, "t": Part.TIME, "T": Part.TIME, "Tl": Part.TIME,
}  # fmt: skip
_IN_BRACKETS = {"tr", "t"}  # HAProxy writes these and Apache's %t within [ ]
_MOST_LOOSE = 2  # fields with nothing between them: where one ends is searched, so there must be few

_TOKENS = {
    "nginx": re.compile(r"\$(?:\{(\w+)\}|(\w+))"),
    "apache": re.compile(r"%(?:!?[\d,]+)?[<>]?(?:\{([^{}]*)\})?(\^?[A-Za-z]{1,2}?|%)"),
    "envoy": re.compile(r"%([A-Z_]+(?:\([^()%]*\))?)(?::\d+)?%"),
    "haproxy": re.compile(r"%(?:\{([^{}]*)\})?(?:\[([^\[\]]*)\]|([A-Za-z]{1,5})|%)"),
}


def of_string(text: str) -> LogFormat | None:
    """The format that a user names as a string, of whichever server it is; None where no call and status can be read."""
    for kind in _TOKENS:
        made = _compiled(kind, "as given", text)
        if made is not None:
            return made
    return None


def of_nginx(root: Directive) -> Iterator[LogFormat]:
    """Those that nginx's `log_format` directives define."""
    for directive in root.walk():
        if directive.name == "log_format" and len(directive.args) > 1:
            words = [word.text for word in directive.args[1:] if not word.text.startswith("escape=")]
            yield from _known(_compiled("nginx", directive.args[0].text, "".join(words)))


def of_apache(root: Directive) -> Iterator[LogFormat]:
    """Those that Apache's `LogFormat` and `CustomLog` directives define."""
    for directive in root.walk():
        name = directive.name.lower()
        if name in ("logformat", "customlog", "globallog") and directive.args:
            text = directive.args[0 if name == "logformat" else -1].text
            nick = directive.args[1].text if name == "logformat" and len(directive.args) > 1 else "CustomLog"
            yield from _known(_compiled("apache", nick, text))


FORMATS_OF = ("nginx", "apache")  # technologies whose files define formats by name


def defined(workspace: Workspace, technology: str, path: str) -> list[LogFormat]:
    """The formats that a file of a server's configuration defines; none where it cannot be read."""
    try:
        if technology == "nginx":
            return list(of_nginx(workspace.document(path, parse_nginx).tree))
        return list(of_apache(workspace.document(path, parse_apache).tree))
    except (SyntaxProblem, Unreadable):
        return []  # config-parses tells of it


def of_configuration(text: str) -> list[LogFormat]:
    """The formats that nginx's or Apache's configuration defines, whichever it is."""
    made: list[LogFormat] = []
    for parse, found in ((parse_nginx, of_nginx), (parse_apache, of_apache)):
        with suppress(SyntaxProblem):
            made += found(parse(text))
    return made


def _known(made: LogFormat | None) -> Iterator[LogFormat]:
    if made is not None:
        yield made


def _compiled(kind: str, name: str, text: str) -> LogFormat | None:
    parts: list[Piece] = []
    at = 0
    for found in _TOKENS[kind].finditer(text):
        parts.append(_unescaped(text[at : found.start()]))
        parts.extend(_FIELDS[kind](found))
        at = found.end()
    parts.append(_unescaped(text[at:]))
    pieces = tuple(parts)
    loose = sum(isinstance(a, Field) and isinstance(b, Field) for a, b in pairwise(pieces))
    made = LogFormat(name, pieces)
    return made if loose <= _MOST_LOOSE and made.is_whole else None


def _unescaped(text: str) -> str:
    return text.replace('\\"', '"').replace("\\t", "\t")


def _nginx(found: re.Match[str]) -> Iterator[Piece]:
    yield Field(_NGINX.get(found[1] or found[2], Part.OTHER))


def _apache(found: re.Match[str]) -> Iterator[Piece]:
    within, letter = found[1], found[2]
    if letter == "%":
        yield "%"
    elif letter == "t" and not within:
        yield from ("[", Field(Part.TIME), "]")
    elif letter == "t":
        yield Field(Part.TIME if within in ("sec", "%s", "%Y-%m-%dT%H:%M:%S%z", "%FT%T%z") else Part.OTHER)
    else:
        yield Field(
            _APACHE.get(letter, Part.OTHER) if not within or within in ("c", "remote") else Part.OTHER
        )


def _envoy(found: re.Match[str]) -> Iterator[Piece]:
    yield Field(_ENVOY.get(found[1], Part.OTHER))


def _haproxy(found: re.Match[str]) -> Iterator[Piece]:
    flags, name = found[1] or "", found[3] or ""
    quote = '"' if "+Q" in flags and name else ""
    if found[0] == "%%":
        yield "%"
    elif name in _IN_BRACKETS:
        yield from ("[", Field(Part.TIME), "]")
    else:
        yield from (quote, Field(_HAPROXY.get(name, Part.OTHER)), quote)


_FIELDS: dict[str, Callable[[re.Match[str]], Iterator[Piece]]] = {
    "nginx": _nginx,
    "apache": _apache,
    "envoy": _envoy,
    "haproxy": _haproxy,
}
