"""PM2's declaration of applications in JavaScript, read from the syntax tree; nothing is run.

Source: https://pm2.keymetrics.io/docs/usage/application-declaration/ (`env` is what an application gets, `env_<name>` is laid over it
with `--env <name>`; `watch` restarts it when files change).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace

from tree_sitter import Node

from batten.facts import AccessLog, Fact, Feature
from batten.formats import Workspace
from batten.model import UNKNOWN, Context, Edit, Fix, Location, Problem, Remedy, Safety, Setting, Switch
from batten.model import remedy as want
from batten.technologies import Unit
from batten.technologies.frameworks.express.module import Module, load
from batten.technologies.shared.containers import switches
from batten.technologies.shared.containers import variables as variable_facts
from batten.technologies.shared.secrets import credentials, urls

__all__ = ["read", "write"]

_ARGUMENTS = ("node_args", "interpreter_args", "interpreterArgs", "args")
_USERS = ("uid", "user")
_LOOPBACK = (("0.0.0.0", "127.0.0.1"), ("[::]", "127.0.0.1"), ("*:", "127.0.0.1:"))
_WORKING = ("dev", "development", "local", "test", "testing")


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The facts of each application. Raises SyntaxProblem and Unreadable."""
    module = load(unit.main, workspace)
    for name, given in _applications(module):
        watched_node = given.get("watch")
        value = module.plain(watched_node)
        if watched_node is not None and (value is True or (isinstance(value, tuple) and value)):
            at = module.value(watched_node, f"apps[{name}]/watch")
            yield Feature(at, Switch.RELOAD, Setting(True, at), "PM2's `watch`")
        yield from _started(module, name, given)
        yield from _owned(module, name, given)
        # `disable_logs`: what the application writes, errors included, is kept nowhere.
        silent_node = given.get("disable_logs")
        if silent_node is not None and module.plain(silent_node) is True:
            silent_at = module.value(silent_node, f"apps[{name}]/disable_logs")
            yield AccessLog(silent_at, Setting(UNKNOWN, silent_at), Setting(False, silent_at))
        for key, node in given.items():
            if key == "env" or key.startswith("env_"):
                # The variables that production gets other values of.
                later = given.get("env_production") if key == "env" else None
                yield from _variables(
                    module, f"apps[{name}]/{key}", node, frozenset(module.options(module.resolved(later)))
                )


def _applications(module: Module) -> Iterator[tuple[str, dict[str, Node]]]:
    for node in module.script.nodes:
        key = node.child_by_field_name("key") if node.type == "pair" else None
        if key is None or module.text(key).strip("'\"") != "apps":
            continue
        listed = module.resolved(node.child_by_field_name("value"))
        for number, one in enumerate(listed.named_children if listed is not None else ()):
            given = module.options(module.resolved(one))
            if given:
                yield module.string(given.get("name")) or str(number), given


def _started(module: Module, name: str, given: dict[str, Node]) -> Iterator[Feature]:
    """Debuggers among the options of the interpreter."""
    for key in _ARGUMENTS:
        node = given.get(key)
        value = module.plain(node)
        words = _split(value) if isinstance(value, str) else value if isinstance(value, tuple) else ()
        for _, feature, what in switches.debug_words([str(word) for word in words]):
            if node is not None:
                at = module.value(node, f"apps[{name}]/{key}")
                yield Feature(at, feature, Setting(True, at), what)


def _owned(module: Module, name: str, given: dict[str, Node]) -> Iterator[Feature]:
    """Root named as the user of the application; without a name it is the user that started PM2."""
    for key in _USERS:
        node = given.get(key)
        if node is not None and module.plain(node) in ("root", "0", 0.0):
            at = module.value(node, f"apps[{name}]/{key}")
            yield Feature(at, Switch.ROOT_WORKER, Setting(True, at), "the application runs")


def _split(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return tuple(text.split())


def _variables(module: Module, pointer: str, node: Node, over: frozenset[str]) -> Iterator[Fact]:
    working = pointer.partition("/env_")[2].lower() in _WORKING
    for name, value in module.options(module.resolved(node)).items():
        plain = module.plain(value)
        if not isinstance(plain, str | bool | float):
            continue
        text = _text(plain)
        at = module.value(value, f"{pointer}[{name}]")
        at = replace(at, context=Context.DEVELOPMENT) if working else at
        held = credentials.found(name, text)
        if held is not None:
            yield credentials.in_config(at, name, held)
        if (connection := urls.connection(name, text, at)) is not None:
            yield connection
        if name not in over and not working:
            yield from variable_facts.switched(name, text, at)


def _text(plain: str | bool | float) -> str:
    """A value as a program gets it."""
    if isinstance(plain, bool):
        return str(plain).lower()
    return plain if isinstance(plain, str) else f"{plain:g}"


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    if at.span is None:
        return None
    module, name = load(at.source, workspace), at.pointer.rpartition("[")[2].rstrip("]")
    written = module.script.text[at.span.start : at.span.end]
    quote = written[:1] if written[:1] in "'\"`" else "'"
    match remedy:
        case want.TurnOff(Switch.RELOAD):
            return Fix("do not restart when files change", (Edit(at.source, at.span, "false"),))
        case want.TurnOn(Switch.ERROR_LOG):
            text, title, breaks = "false", "keep the log of the application", "disks that hold the log"
        case want.TurnOff(Switch.DEBUG) if at.pointer.endswith(_ARGUMENTS):
            text = written
            for every, loopback in _LOOPBACK:
                text = text.replace(every, loopback)
            title = "let the debugger listen on loopback only"
            breaks = "developers who connect from other hosts"
        case want.TurnOff(_):  # a variable of some framework's
            value = switches.production(name, written.strip("'\"`"))
            text, title, breaks = (
                f"{quote}{value}{quote}",
                f"set {name} to {value}",
                "developers who rely on it",
            )
        case want.TurnOn(Switch.VERIFY_TLS) if switches.verified(name) is not None:
            text, title = f"{quote}{switches.verified(name)}{quote}", "verify certificates"
            breaks = "calls to servers with invalid certificates"
        case want.RequireAuth():
            text, title = f"process.env.{name}", f"take {name} from the environment of PM2"
            breaks = f"starts without the variable {name}"
        case _:
            return None
    return (
        Fix(title, (Edit(at.source, at.span, text),), safety=Safety.RISKY, breaks=breaks)
        if text != written
        else None
    )
