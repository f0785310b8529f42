"""Remedies as edits of Python source that keep everything around them."""

from __future__ import annotations

import ast
import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping

from batten.controls.application import AllowHosts
from batten.formats.lines import indentation, line_break, line_end, removal
from batten.formats.python import span
from batten.model import Edit, Fix, Location, Remedy, Safety, Span, Switch
from batten.model import remedy as want
from batten.technologies.fastapi.keys import required
from batten.technologies.fastapi.module import Module, argument
from batten.technologies.fastapi.settings import applications, cookie_calls, middleware, sensitive
from batten.technologies.fastapi.values import evaluate

_OFF = {"1": "0", "true": "false", "True": "False", "TRUE": "FALSE", "yes": "no", "on": "off"}
_COMMENT = re.compile(r"#[^\n]*")
_DOCS = ("docs_url", "redoc_url", "openapi_url")


def fix_of(module: Module, remedy: Remedy, at: Location) -> Fix | None:
    if at.span is None:
        return None
    match remedy:
        case want.TurnOff(Switch.DEBUG):
            return _turned_off("turn debug mode off", module, at.span)
        case want.TurnOff(Switch.RELOAD):
            return _turned_off("turn automatic reload off", module, at.span)
        case want.TurnOff(Switch.DOCS):
            return _without_docs(module, at.span)
        case want.TurnOff(Switch.ROUTE):
            return _without_route(module, at)
        case want.TurnOn(Switch.VERIFY_TLS):
            edits = [Edit(module.path, at.span, "True")]
            return _risky(
                "verify the server's certificate",
                edits,
                "calls to servers with a private or self-signed certificate",
            )
        case want.TurnOn(Switch.COOKIE_FLAGS):
            return _cookie(module, at.span)
        case want.AllowOrigins(origins):
            return _origins(module, at.span, origins)
        case want.AllowMethods(methods):
            return _methods(module, at.span, methods)
        case want.AllowHeaders(headers):
            edits = [Edit(module.path, at.span, _list(headers))]
            return _risky(
                "allow only these headers across origins", edits, "pages that send other request headers"
            )
        case want.RequireAuth():
            return required(module, at.span)
        case AllowHosts(hosts):
            return _hosts(module, at.span, hosts)
    return None


def _risky(title: str, edits: list[Edit], breaks: str) -> Fix | None:
    return Fix(title, tuple(edits), safety=Safety.RISKY, breaks=breaks) if edits else None


def _turned_off(title: str, module: Module, where: Span) -> Fix | None:
    """False, or the word for it in a default that is text. An expression is decided where it gets its value."""
    written = module.source.text[where.start : where.end]
    quote, inner = written[:1], written[1:-1]
    if quote in ("'", '"') and inner in _OFF:
        return Fix(title, (Edit(module.path, where, f"{quote}{_OFF[inner]}{quote}"),))
    return Fix(title, (Edit(module.path, where, "False"),)) if written in ("True", "1") else None


def _without_docs(module: Module, where: Span) -> Fix | None:
    call = next((a.call for a in applications(module) if _within(where, span(module.source, a.call))), None)
    if call is None:
        return None
    edits = _with(module, call, dict.fromkeys(_DOCS, "None"))
    return _risky(
        "turn the API documentation off", edits, "people and tools that read the API's documentation there"
    )


def _without_route(module: Module, at: Location) -> Fix | None:
    """The decorator is taken away; the function stays, and can still be called from code."""
    decorator = _decorator(module, at.span)
    if decorator is None:
        return None
    where = span(module.source, decorator)
    start = module.source.text.rfind("@", 0, where.start)
    breaks = f"callers of {at.pointer.partition('[')[2].rstrip(']')}"
    return _risky("do not register the route", [removal(module.source, Span(start, where.end))], breaks)


def _decorator(module: Module, where: Span | None) -> ast.Call | None:
    for node in module.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and span(module.source, decorator) == where:
                    return decorator
    return None


def _cookie(module: Module, where: Span) -> Fix | None:
    breaks = "plain HTTP clients, and scripts that read the cookie"
    for call in middleware(module, "SessionMiddleware"):
        if _within(where, span(module.source, call)):
            edits = _with(module, call, {"https_only": "True", **_same_site(module, call, "same_site")})
            return _risky("send the session cookie over TLS only", edits, "plain HTTP clients")
    made = _cookie_call(module, where)
    return (
        _risky("set the cookie's flags", _with(module, made, _flags(module, made)), breaks) if made else None
    )


def _cookie_call(module: Module, where: Span) -> ast.Call | None:
    """The call that sets a cookie around a place."""
    found = module.workspace.kept(("fastapi cookies", module.path), lambda: _cookies(module))
    before = found[: bisect_right(found, where.start, key=lambda one: one[0].start)]
    return next((call for around, call in reversed(before) if _within(where, around)), None)


def _cookies(module: Module) -> list[tuple[Span, ast.Call]]:
    """The calls that set cookies, in the order of the file."""
    found = ((span(module.source, call), call) for call in cookie_calls(module))
    return sorted(found, key=lambda one: one[0].start)


def _flags(module: Module, call: ast.Call) -> dict[str, str]:
    key = argument(call, "key", 0)
    name = evaluate(module, key).plain if key is not None else None
    if isinstance(name, str) and not sensitive(name):
        return {"secure": "True"}
    return {"secure": "True", "httponly": "True", **_same_site(module, call, "samesite")}


def _same_site(module: Module, call: ast.Call, keyword: str) -> dict[str, str]:
    given = argument(call, keyword)
    return {keyword: '"lax"'} if given is not None and evaluate(module, given).plain is None else {}


def _origins(module: Module, where: Span, origins: tuple[str, ...]) -> Fix | None:
    title = "allow cross-origin requests from these origins only"
    if not origins:
        question = "which origins may read answers? list them under `origins:` in batten.yaml"
        return Fix(title, (), safety=Safety.VALUE, question=question)
    breaks = "pages of origins that batten.yaml does not list"
    for call in middleware(module, "CORSMiddleware"):
        listed, pattern = argument(call, "allow_origins"), argument(call, "allow_origin_regex")
        if pattern is not None and _touches(module, pattern, where):
            edits = [_without(module, call, "allow_origin_regex", listed, _list(origins))]
            if listed is not None:
                edits.append(_replaced(module, listed, _list(origins)))
            return _risky(title, edits, breaks)
        if listed is not None and _touches(module, listed, where):
            return _risky(title, [_replaced(module, listed, _list(origins))], breaks)
    return None


def _without(module: Module, call: ast.Call, keyword: str, other: ast.expr | None, text: str) -> Edit:
    """The pattern's keyword taken away, or turned into the list when there is none beside it."""
    found = next(k for k in call.keywords if k.arg == keyword)
    where = span(module.source, found)
    if other is None:
        return Edit(module.path, where, f"allow_origins={text}")
    text_after = module.source.text[where.end :]
    comma = re.match(r"[ \t]*,[ \t]*", text_after)
    return removal(module.source, Span(where.start, where.end + (comma.end() if comma else 0)))


def _touches(module: Module, given: ast.expr, where: Span) -> bool:
    """Whether the place is the argument's own, or that of the constant it names."""
    value = evaluate(module, given)
    places = [given, *([value.node] if value.module.path == module.path else [])]
    return any(_within(where, span(module.source, node)) for node in places)


def _replaced(module: Module, given: ast.expr, text: str) -> Edit:
    """The list written anew where it is, or the argument when the list is in another file."""
    value = evaluate(module, given)
    node = value.node if value.module.path == module.path else given
    if isinstance(node, ast.Constant):
        node = given
    where = span(module.source, node)
    written = module.source.text[where.start : where.end]
    if "\n" in written and isinstance(node, ast.List):
        text = _list_over_lines(module, node, text)
    return Edit(module.path, where, text)


def _list_over_lines(module: Module, node: ast.List, text: str) -> str:
    if not node.elts:
        return text
    newline = line_break(module.source.text)
    inner = indentation(module.source.text, span(module.source, node.elts[0]).start)
    outer = indentation(module.source.text, span(module.source, node).end - 1)
    lines = "".join(f"{inner}{json.dumps(item, ensure_ascii=False)},{newline}" for item in json.loads(text))
    return f"[{newline}{lines}{outer}]"


def _methods(module: Module, where: Span, methods: tuple[str, ...]) -> Fix | None:
    """The list of a CORS policy, or the verbs of a route registered for several."""
    decorator = _decorator(module, where)
    if decorator is None:
        edits = [Edit(module.path, where, _list(methods))]
        return _risky("allow only these methods across origins", edits, "pages that use other methods")
    given = argument(decorator, "methods")
    if given is None or not methods:
        return None
    edits = [Edit(module.path, span(module.source, given), _list(methods))]
    return _risky("allow only these verbs", edits, "callers that use other verbs on this path")


def _hosts(module: Module, where: Span, hosts: tuple[str, ...]) -> Fix | None:
    title = "answer only for these host names"
    if not hosts:
        question = "which host names do clients use for the API? list them under `hosts:` in batten.yaml"
        return Fix(title, (), safety=Safety.VALUE, question=question)
    for call in middleware(module, "TrustedHostMiddleware"):
        given = argument(call, "allowed_hosts")
        if given is None and _within(where, span(module.source, call)):
            edits = _with(module, call, {"allowed_hosts": _list(hosts)})
        elif given is not None and _touches(module, given, where):
            edits = [_replaced(module, given, _list(hosts))]
        else:
            continue
        return _risky(title, edits, "callers that use another name, including health checks by address")
    return None


def _within(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _list(items: tuple[str, ...]) -> str:
    return json.dumps(list(items), ensure_ascii=False)


def _with(module: Module, call: ast.Call, wanted: Mapping[str, str]) -> list[Edit]:
    """Edits that give the call these keywords; those it has keep their places."""
    edits: list[Edit] = []
    missing: list[str] = []
    for name, text in wanted.items():
        given = argument(call, name)
        if given is None:
            missing.append(f"{name}={text}")
        elif ast.unparse(given) != ast.unparse(ast.parse(text, mode="eval")):
            edits.append(Edit(module.path, span(module.source, given), text))
    return [*edits, *_added(module, call, missing)]


def _added(module: Module, call: ast.Call, keywords: list[str]) -> Iterator[Edit]:
    """Keywords after a call's last argument, on lines of their own when its arguments are."""
    if not keywords:
        return
    text, closing = module.source.text, span(module.source, call).end - 1
    given = sorted((span(module.source, n) for n in (*call.args, *call.keywords)), key=lambda s: s.end)
    if not given:
        yield Edit(module.path, Span(closing, closing), ", ".join(keywords))
        return
    last = given[-1]
    after = _COMMENT.sub(lambda m: " " * len(m[0]), text[last.end : closing])
    comma = after.find(",")
    start = span(module.source, call.func).end
    over_lines = "\n" in text[start : given[0].start]
    if comma >= 0:
        place = last.end + comma + 1
    else:
        place = last.end + after.rfind(")") + 1
    if over_lines:
        lead = line_break(text) + indentation(text, last.start)
        if comma >= 0:
            place = line_end(text, place)
            yield Edit(module.path, Span(place, place), "".join(f"{lead}{k}," for k in keywords))
        else:
            yield Edit(module.path, Span(place, place), "".join(f",{lead}{k}" for k in keywords))
    elif comma >= 0:
        yield Edit(module.path, Span(place, place), "".join(f" {k}," for k in keywords))
    else:
        yield Edit(module.path, Span(place, place), "".join(f", {k}" for k in keywords))
