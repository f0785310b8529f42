"""What httpd tells applications: development modes and error details."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Feature
from batten.model import Setting, Switch
from batten.technologies.edges.apache.tree import Tree, varies
from batten.technologies.shared.containers import switches

ENVIRONMENTS = ("passengerappenv", "railsenv", "rackenv")
PHP = ("php_flag", "php_value", "php_admin_flag", "php_admin_value")
_DISPLAYS = ("display_errors", "display_startup_errors")
_ON = ("on", "1", "true", "yes", "stdout")


def modes(tree: Tree) -> Iterator[Feature]:
    for item in tree.root.walk():
        at = item.place()
        if item.name == "setenv" and len(item.values) > 1 and not varies(item.values[1]):
            found = switches.debug(item.values[0], item.values[1])
            if found is not None and found[0]:
                yield Feature(at, Switch.DEBUG, Setting(True, at), found[1])
        elif item.name in ENVIRONMENTS and item.value == "development":
            yield Feature(at, Switch.DEBUG, Setting(True, at), f"`{item.name} development`")
        elif item.name in PHP and len(item.values) > 1:
            shown = item.values[0] in _DISPLAYS and item.values[1].lower() in _ON
            if shown:
                yield Feature(at, Switch.ERROR_DETAILS, Setting(True, at), "PHP's error messages")
        elif item.name == "passengerfriendlyerrorpages" and item.value.lower() == "on":
            yield Feature(at, Switch.ERROR_DETAILS, Setting(True, at), "Passenger's error pages")
