"""Remedies as edits of Python source."""

from __future__ import annotations

import ast
import re

from batten.formats.python import span
from batten.model import Edit, Fix, Location, Remedy, Span, Switch
from batten.model import remedy as want
from batten.technologies.shared.python.edits import risky
from batten.technologies.shared.python.module import Module

_TITLE = "verify the server's certificate"
_BREAKS = "calls to servers with a private or self-signed certificate, which need their CA's file"
# What verifies, for each way to write that nothing does.
_VERIFIED = {
    "False": "True",
    "True": "False",  # `tlsInsecure=True`
    "0": "1",
    '"0"': '"1"',
    "'0'": "'1'",
    '"false"': '"true"',
    "'false'": "'true'",
    '"False"': '"True"',
    "'False'": "'True'",
    "None": '"required"',
    '"none"': '"required"',
    "'none'": "'required'",
}
_MODE = re.compile(r"(?:\w+\.){1,3}CERT_NONE|(['\"])CERT_NONE\1")
_MADE = re.compile(r"(\w+)\._create_(?:unverified|stdlib)_context")
_KEPT = frozenset(("purpose", "cafile", "capath", "cadata"))


def fix_of(module: Module, remedy: Remedy, at: Location) -> Fix | None:
    if at.span is None or remedy != want.TurnOn(Switch.VERIFY_TLS):
        return None
    written = module.source.text[at.span.start : at.span.end]
    name = at.pointer.rpartition("/")[2]
    edits: list[Edit] = []
    if name == "ssl":
        # https://docs.aiohttp.org/en/stable/changes.html: before 3.9, `ssl=True` did not mean that it verifies.
        edits = _without(module, at.span)
    elif _MADE.fullmatch(written):
        if _takes_only_roots(module, at.span):
            edits = [Edit(module.path, at.span, _MADE.sub(r"\1.create_default_context", written))]
    elif _MODE.fullmatch(written):
        edits = [Edit(module.path, at.span, written.replace("CERT_NONE", "CERT_REQUIRED"))]
        edits += _names_checked(module, at)
    elif written in _VERIFIED:
        edits = [Edit(module.path, at.span, _VERIFIED[written])]
    elif written.startswith("not "):
        edits = [Edit(module.path, at.span, "True")]
    return risky(_TITLE, edits, _BREAKS)


def _names_checked(module: Module, at: Location) -> list[Edit]:
    """The host's name, which a context without `CERT_NONE` can compare again."""
    base, _, attribute = at.pointer.rpartition(".")
    if attribute != "verify_mode":
        return []
    function = _function_around(module, at.span)
    return [
        Edit(module.path, span(module.source, value), "True")
        for node in (ast.walk(function) if function is not None else module.nodes)
        if isinstance(node, ast.Assign)
        for value in [node.value]
        if [ast.unparse(one) for one in node.targets] == [f"{base}.check_hostname"]
        and isinstance(value, ast.Constant)
        and value.value is False
    ]


def _function_around(module: Module, where: Span | None) -> ast.AST | None:
    """The innermost function that holds the place."""
    inner: ast.AST | None = None
    for node in module.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and where is not None:
            around = span(module.source, node)
            if around.start <= where.start and where.end <= around.end:
                inner = node
    return inner


def _takes_only_roots(module: Module, where: Span) -> bool:
    """Whether the call's arguments are those of `create_default_context`, or it is not called there."""
    return all(
        not call.args and {k.arg for k in call.keywords} <= _KEPT
        for call in module.calls()
        if span(module.source, call.func) == where
    )


def _without(module: Module, where: Span) -> list[Edit]:
    """The call without the argument that has the value there; none where a comment would go with it."""
    for call in module.calls():
        places = [span(module.source, one) for one in (*call.args, *call.keywords)]
        for keyword in call.keywords:
            if span(module.source, keyword.value) != where:
                continue
            own, text = span(module.source, keyword), module.source.text
            before = max((p.end for p in places if p.end <= own.start), default=None)
            after = min((p.start for p in places if p.start >= own.end), default=own.end)
            gone = Span(before, own.end) if before is not None else Span(own.start, after)
            return [Edit(module.path, gone, "")] if "#" not in text[gone.start : gone.end] else []
    return []
