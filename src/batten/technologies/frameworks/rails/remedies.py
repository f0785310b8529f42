"""Remedies as edits of settings: a value that is written otherwise, or a line after the last of a block."""

from __future__ import annotations

import json

from tree_sitter import Node

from batten.controls.application import AllowHosts
from batten.controls.transport import max_age
from batten.formats.document import Text
from batten.formats.lines import indentation, removal
from batten.model import Edit, Fix, Kind, Location, Remedy, Span, Switch
from batten.model import remedy as want
from batten.technologies.frameworks.rails.application import Application
from batten.technologies.frameworks.rails.headers import DEFAULTS
from batten.technologies.frameworks.rails.module import Module, argument, arguments, options
from batten.technologies.frameworks.rails.settings import default_name
from batten.technologies.shared.python.edits import risky
from batten.technologies.shared.transport.questions import ask_hosts, ask_origins

_FLAGS = (("secure", "true"), ("httponly", "true"), ("same_site", ":lax"))
_PLAIN = "clients over plain HTTP, and pages of other sites that embed the application"
_CALLERS = "pages and programs that send requests without a token"
_UNTRUSTED = "servers whose certificate is not signed by a trusted authority, or has another name"


def fix_of(module: Module, remedy: Remedy, at: Location, found: Application | None) -> Fix | None:
    """The edits that make a remedy true where the finding is."""
    node = module.node_at(at)
    match remedy:
        case want.TurnOff(Switch.DEBUG):
            return _mode(module, node)
        case want.RemoveHeader():
            return _valued(at, "false", "send no timings", "developers who read the timings in a browser")
        case want.TurnOff(Switch.METRICS):
            return _valued(at, "false", "serve no previews of messages", "people who look at the previews")
        case want.TurnOn(Switch.COOKIE_FLAGS):
            return _flags(module, at, found)
        case want.TurnOn(Switch.ACCESS_RULE):
            # The check of forged requests, on again.
            if at.pointer == "forgery" and at.span is not None:
                edits = [removal(Text(module.path, module.script.text), at.span)]
                return risky("check the tokens of forms", edits, _CALLERS)
            if node is not None and module.text(node) == "false":
                return _valued(at, "true", "check the tokens of forms", _CALLERS)
            return None
        case want.TurnOn(Switch.VERIFY_TLS):
            words = {
                "OpenSSL::SSL::VERIFY_NONE": "OpenSSL::SSL::VERIFY_PEER",
                "false": "true",
                ":none": ":peer",
            }
            written = module.text(node)
            text = words.get(written, '"peer"' if node is not None and node.type == "string" else "")
            return _valued(at, text, "verify certificates", _UNTRUSTED) if text else None
        case want.TurnOff(Switch.ERROR_DETAILS):
            return _valued(
                at, '"Internal Server Error"', "leave the stack trace out", "clients that read stack traces"
            )
        case want.SetHeader(name, value, breaks):
            return _header(module, at, node, (name, value, breaks), found)
        case want.TurnOff(Switch.CONSOLE) if at.kind is Kind.VALUE:
            # Puma's control server with its token, and the web console for this machine alone.
            if at.pointer == "activate_control_app":
                return _valued(
                    at, "false", "require the token", "programs that use the control server without its token"
                )
            if at.pointer.startswith("web_console."):
                text = '["127.0.0.1"]' if node is not None and node.type != "string" else '"127.0.0.1"'
                return _valued(
                    at, text, "admit this machine only", "people who use the console from other machines"
                )
            return None
        case AllowHosts(hosts):
            title = "answer only for these host names"
            breaks = "callers that use another name, including health checks by address"
            return _valued(at, f"config.hosts = {_list(hosts)}", title, breaks) if hosts else ask_hosts(title)
        case _:
            return _across(module, remedy, at)


def _across(module: Module, remedy: Remedy, at: Location) -> Fix | None:
    """What pages of other origins may do, and credentials."""
    match remedy:
        case want.AllowOrigins(origins):
            title = "list the origins that may read answers"
            listed = ", ".join(json.dumps(origin) for origin in origins)
            if origins:
                # The first of the origins becomes the list, and the others go.
                for node in module.script.nodes:
                    if node.type == "call" and module.text(node.child_by_field_name("method")) == "origins":
                        given = [module.script.span(a) for a in arguments(node)]
                        if (
                            given
                            and at.span is not None
                            and given[0].start <= at.span.start
                            and at.span.end <= given[-1].end
                        ):
                            edit = Edit(module.path, Span(given[0].start, given[-1].end), listed)
                            return risky(title, [edit], "web pages on other origins")
                return None
            return ask_origins(title)
        case want.AllowMethods(methods) if at.pointer == "cors/methods":
            text = "[" + ", ".join(f":{method.lower()}" for method in methods) + "]"
            return _valued(
                at,
                text,
                "list the methods that pages of other origins may use",
                "web pages that use other methods",
            )
        case want.AllowHeaders(headers):
            return _valued(
                at,
                _list(headers),
                "list the headers that pages of other origins may send",
                "web pages that send other headers",
            )
        case want.RequireAuth():
            return _from_variable(module, at)
        case _:
            return None


def _list(words: tuple[str, ...]) -> str:
    return json.dumps(list(words), ensure_ascii=False)


def _valued(at: Location, text: str, title: str, breaks: str) -> Fix | None:
    return (
        risky(title, [Edit(at.source, at.span, text)], breaks)
        if at.span is not None and at.kind is Kind.VALUE
        else None
    )


def _mode(module: Module, node: Node | None) -> Fix | None:
    """`false`, or the word for it in a default that is text; an environment by its name."""
    if node is None:
        return None
    where, written = module.script.span(node), module.text(node)
    if written == "true":
        return Fix("turn the pages for developers off", (Edit(module.path, where, "false"),))
    if module.string(node) == "development":
        return risky("start the environment `production`", [Edit(module.path, where, '"production"')], "starts without the settings of production")  # fmt: skip
    default = next((n for n in module.script.nodes if n.type == "string" and module.string(n) == "true" and _within(module.script.span(n), where)), None)  # fmt: skip
    if default is None or "==" not in written:
        return None
    return Fix(
        "turn the pages for developers off", (Edit(module.path, module.script.span(default), '"false"'),)
    )


def _within(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _flags(module: Module, at: Location, found: Application | None) -> Fix | None:
    """The flags of a cookie, in the options of the session's store or in the hash that a jar is given."""
    title = "set Secure, HttpOnly and SameSite"
    if at.pointer != "session_store":
        node = module.node_at(at)
        if node is not None:
            if node.type == "hash":
                edits = _completed(module, node, options(module, node))
            else:
                flags = ", ".join(f"{key}: {value}" for key, value in _FLAGS)
                edits = [
                    Edit(module.path, module.script.span(node), f"{{ value: {module.text(node)}, {flags} }}")
                ]
        else:
            edits = []
        return risky(title, edits, _PLAIN)
    call = next(
        (g.node for g in module.given if g.key == "session_store" and module.script.span(g.node) == at.span),
        None,
    )
    if call is not None:
        return risky(title, _completed(module, call, options(module, call)), _PLAIN)
    name = default_name(found) if found is not None else ""
    if not name:
        return None
    line = f'config.session_store :cookie_store, key: "{name}", secure: true'
    # A line at the end of the block in which the environment's settings are.
    last = next((g.node for g in reversed(module.given) if g.how == "=" and g.certain), None)
    if last is None:
        edit: Edit | None = None
    else:
        text = module.script.text
        span = module.script.span(last)
        end = text.find("\n", span.end)
        end = len(text) if end < 0 else end
        edit = Edit(module.path, Span(end, end), f"\n{indentation(text, span.start)}{line}")
    return (
        risky("send the session's cookie over TLS only", [edit], "plain HTTP clients")
        if edit is not None
        else None
    )


def _completed(module: Module, node: Node, given: dict[str, Node]) -> list[Edit]:
    """Flags that are off are turned on, and those that are missing follow the last entry."""
    off = [
        (given[key], value)
        for key, value in _FLAGS
        if key in given and module.plain(given[key]) in (False, None, "none")
    ]
    edits = [Edit(module.path, module.script.span(one), value) for one, value in off]
    held = arguments(node) if node.type == "call" else [c for c in node.named_children if c.type != "comment"]
    missing = ", ".join(f"{key}: {value}" for key, value in _FLAGS if key not in given)
    if not missing or not held:
        return edits
    last = held[-1]
    if last.type == "hash" and node.type == "call":
        last = last.named_children[-1] if last.named_children else last
    end = module.script.span(last).end
    return [*edits, Edit(module.path, Span(end, end), f", {missing}")]


def _header(module: Module, at: Location, node: Node | None, wanted: tuple[str, str, str], found: Application | None) -> Fix | None:  # fmt: skip
    """A header in the set that is written; HSTS in the options of `force_ssl`."""
    name, value, breaks = wanted
    title, breaks = f"send {name}", breaks or "pages that rely on its absence"
    if name.lower() == "strict-transport-security":
        below = "true" if "includesubdomains" in value.lower() else "false"
        text = f"{{ expires: {max_age(value)}, subdomains: {below} }}"
        return _valued(at, text, title, breaks) if at.pointer == "ssl_options/hsts" else None
    if at.kind is Kind.VALUE and node is not None and at.pointer.startswith(DEFAULTS):
        return _valued(at, json.dumps(value), title, breaks)
    edit = _sent_again(found, name, value) if found is not None and at.pointer == "Rails" else None
    return risky(title, [edit], breaks) if edit is not None else None


def _sent_again(found: Application, name: str, value: str) -> Edit | None:
    """A header that Rails sends by itself, in the set that leaves it out, or without the line that takes it out."""
    for one in reversed(list(found.given(DEFAULTS, f"{DEFAULTS}.delete"))):
        module = one.module
        if one.how == "call" and one.values and module.string(one.value).lower() == name.lower():
            return removal(Text(module.path, module.script.text), module.script.span(one.node))
        if one.how == "=" and one.value.type == "hash":
            entry = f"{json.dumps(name)} => {json.dumps(value)}"
            held = [c for c in one.value.named_children if c.type != "comment"]
            where = module.script.span(held[-1] if held else one.value)
            text = module.script.text
            gap = "\n" + indentation(text, where.start) if "\n" in module.text(one.value) else " "
            return Edit(module.path, Span(where.end, where.end), f",{gap}{entry}") if held else Edit(module.path, where, f"{{ {entry} }}")  # fmt: skip
    return None


def from_variable(at: Location) -> Fix | None:
    """ERB that reads a variable, for a value of YAML."""
    if at.span is None or at.kind is not Kind.VALUE:
        return None
    file = at.source.rpartition("/")[2].partition(".")[0]
    key = at.pointer.rpartition(".")[2]
    name = (key if file == "secrets" else f"{file}_{key}").upper()
    text = f'<%= ENV["{name}"] %>'
    return _valued(at, text, f"read the credential from {name}", f"starts without the variable {name}")


def _from_variable(module: Module, at: Location) -> Fix | None:
    """`ENV.fetch("NAME")` for a literal; a variable that has a default loses it."""
    if at.span is None or at.kind is not Kind.VALUE:
        return None
    for node in module.script.nodes:
        inner = (
            argument(node, 1)
            if node.type == "call"
            else node.child_by_field_name("right")
            if node.type == "binary"
            else None
        )
        if inner is not None and module.script.span(inner) == at.span and module.text(node).startswith("ENV"):
            name = at.pointer
            edit = Edit(at.source, module.script.span(node), f'ENV.fetch("{name}")')
            return risky(f"require the variable {name}", [edit], f"starts without the variable {name}")
    name = "".join(c if c.isalnum() else "_" for c in at.pointer).upper().strip("_")
    return _valued(
        at, f'ENV.fetch("{name}")', f"read the credential from {name}", f"starts without the variable {name}"
    )
