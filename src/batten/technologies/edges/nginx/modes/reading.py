"""What nginx tells applications: development modes, error details, and who its workers are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Feature
from batten.model import Setting, Switch
from batten.technologies.edges.nginx.tree import Tree, varies
from batten.technologies.shared.containers import switches
from batten.technologies.shared.edges.nodes import Item

_PARAMETERS = ("fastcgi_param", "uwsgi_param", "scgi_param", "passenger_env_var")
_ENVIRONMENTS = ("passenger_app_env", "rails_env", "rack_env")
_READ = ("user", "env", "passenger_friendly_error_pages", *_PARAMETERS, *_ENVIRONMENTS)
_INI = ("PHP_VALUE", "PHP_ADMIN_VALUE")
DISPLAYS = re.compile(r"(display_(?:startup_)?errors\s*=\s*)(?:on|1|true|yes|stdout)\b", re.IGNORECASE)


def modes(tree: Tree) -> Iterator[Feature]:
    for item in tree.root.below(*_READ):
        if item.name == "user" and item.up is tree.root and item.value in ("root", "0"):
            yield Feature(
                item.place(), Switch.ROOT_WORKER, Setting(True, item.place()), "nginx's workers run"
            )
        elif item.name in _PARAMETERS and len(item.values) > 1:
            yield from _parameter(item, item.values[0], item.values[1])
        elif item.name == "env" and item.up is tree.root and "=" in item.value:
            yield from _parameter(item, *item.value.split("=", 1))
        elif item.name in _ENVIRONMENTS and item.value == "development":
            what = f"`{item.name} development`"
            yield Feature(item.place(), Switch.DEBUG, Setting(True, item.place()), what)
        elif item.name == "passenger_friendly_error_pages" and item.value == "on":
            what = "Passenger's error pages"
            yield Feature(item.place(), Switch.ERROR_DETAILS, Setting(True, item.place()), what)


def _parameter(item: Item, name: str, value: str) -> Iterator[Feature]:
    if varies(value):
        return
    if name in _INI and DISPLAYS.search(value):
        yield Feature(item.place(), Switch.ERROR_DETAILS, Setting(True, item.place()), "PHP's error messages")
        return
    found = switches.debug(name, value)
    if found is not None and found[0]:
        yield Feature(item.place(), Switch.DEBUG, Setting(True, item.place()), found[1])
