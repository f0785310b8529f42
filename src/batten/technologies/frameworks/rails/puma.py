"""Puma, as config/puma.rb sets it up (https://puma.io/puma/Puma/DSL.html)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Fact, Feature
from batten.model import Setting, Switch
from batten.technologies.frameworks.rails.module import Module, argument, options

_ELSEWHERE = re.compile(r"tcp://(?!127\.|localhost\b|\[::1\])", re.IGNORECASE)


def puma(module: Module) -> Iterator[Fact]:
    """A control server without its token on other machines' reach, and the environment that the server starts."""
    for node in module.script.nodes:
        if node.type != "call" or node.child_by_field_name("receiver") is not None:
            continue
        match module.text(node.child_by_field_name("method")):
            case "activate_control_app":
                # Puma makes a token by itself unless `no_token` says otherwise.
                controlled_given = options(module, node)
                last = argument(node, 1)
                controlled_given = controlled_given or (
                    options(module, last) if last is not None and last.type == "hash" else {}
                )
                open_to_all = (
                    "no_token" in controlled_given and module.truth(controlled_given["no_token"]) is True
                )
                if open_to_all and _ELSEWHERE.match(module.string(argument(node, 0))):
                    controlled_at = module.value(controlled_given["no_token"], "activate_control_app")
                    what = "Puma's control server, which stops and restarts the application,"
                    yield Feature(controlled_at, Switch.CONSOLE, Setting(True, controlled_at), what)
            case "environment":
                given = argument(node, 0)  # what is only the default of RAILS_ENV is Puma's own, too
                literal = given is not None and given.type in ("string", "simple_symbol")
                if given is not None and literal and module.plain(given) == "development":
                    at = module.value(given, "environment")
                    yield Feature(at, Switch.DEBUG, Setting(True, at), "Rails's development mode")
