"""Django REST framework: what views allow that say nothing themselves.

https://www.django-rest-framework.org/api-guide/permissions/#setting-the-permission-policy: without a policy, AllowAny.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batten.facts import Fact, Feature
from batten.model import ABSENT, UNKNOWN, Setting, Switch
from batten.technologies.frameworks.django.connections import entries
from batten.technologies.frameworks.django.settings import Settings, installs
from batten.technologies.shared.python.values import evaluate

PERMISSIONS = "DEFAULT_PERMISSION_CLASSES"
_ALL = "rest_framework.permissions.AllowAny"


def rest(found: Settings) -> Iterator[Fact]:
    """Whether views are open unless they say otherwise."""
    names, module = found.names, found.module
    node = names.own.get("REST_FRAMEWORK")
    if node is None:
        missing = installs(names, "INSTALLED_APPS", "rest_framework") and not names.knows("REST_FRAMEWORK")
        if missing and names.whole and "INSTALLED_APPS" in names.own:
            at = module.block(names.anchor, f"REST_FRAMEWORK/{PERMISSIONS}")
            yield _open(Setting(ABSENT, at, True))
        return
    if not isinstance(node, ast.Dict) or None in node.keys or found.base:
        return
    given = entries(node).get(PERMISSIONS)
    if given is None:
        yield _open(Setting(ABSENT, module.block(node, f"REST_FRAMEWORK/{PERMISSIONS}"), True))
        return
    classes = evaluate(module, given).plain
    at = module.value(given, f"REST_FRAMEWORK/{PERMISSIONS}")
    known = _ALL in classes or not classes if isinstance(classes, tuple) else UNKNOWN
    yield _open(Setting(known, at))


def _open(on: Setting[bool]) -> Feature:
    return Feature(on.at, Switch.OPEN_BY_DEFAULT, on, "Django REST framework (AllowAny)")
