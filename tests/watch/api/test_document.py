"""The document says everything that is served, and the routes serve everything that it says."""

from __future__ import annotations

import subprocess
import sys
from enum import Enum
from pathlib import Path

from starlette.routing import Route, Router

from batten.model import Severity
from batten.watch.access.rules import rule_of
from batten.watch.access.scopes import Scope
from batten.watch.api.document import contract, operations, whole
from batten.watch.api.routes import BASE, HANDLERS, guarded
from batten.watch.model import (
    ChannelKind,
    Happening,
    LifeState,
    Role,
    RunState,
    Side,
    Source,
    Status,
    WaiverState,
    Why,
)

ROOT = Path(__file__).parents[3]


def test_every_operation_has_a_route_and_every_route_an_operation() -> None:
    router = guarded().app
    assert isinstance(router, Router)
    served = {(m, BASE + r.path) for r in router.routes if isinstance(r, Route) for m in r.methods or ()}
    declared = {(o.method, o.path) for o in operations()}
    differ = sorted({(m, p) for m, p in served if m != "HEAD"} ^ declared)
    assert differ == [], (
        "openapi.yaml and the routes of watch/api differ: declare the operation there first, then serve it"
    )
    unhandled = sorted({o.name for o in operations()} ^ set(HANDLERS))
    assert unhandled == [], "each operation of openapi.yaml has one handler in watch/api/<noun>.py"


def test_every_operation_needs_credentials_and_a_scope() -> None:
    assert all(o.security and () not in o.security for o in contract().operations)
    assert {o.scope for o in operations()} <= {"read", "run", "push", "waive", "admin"}
    assert all(o.scope != "read" for o in operations() if o.method != "GET")


def test_the_door_asks_for_the_scope_that_the_document_says() -> None:
    asked = {o.name: rule_of(o.method, o.path).scope.value for o in operations()}
    assert asked == {o.name: o.scope for o in operations()}


def test_the_documents_words_are_those_of_the_model() -> None:
    schemas = whole()["components"]["schemas"]  # type: ignore[index, call-overload]
    words = {name: set(schema["enum"]) - {None} for name, schema in schemas.items() if "enum" in schema}
    model: dict[str, type[Enum]] = {
        "Side": Side, "LifeState": LifeState, "RunState": RunState, "Why": Why, "Happening": Happening, "Status": Status,
        "WaiverState": WaiverState, "Source": Source, "Scope": Scope, "ChannelKind": ChannelKind,
    }  # fmt: skip
    assert {n: words[n] for n in model} == {n: {str(e.value) for e in kind} for n, kind in model.items()}
    assert words["RoleName"] == {role.label for role in Role}
    assert words["Severity"] == words["NullableSeverity"] == {s.label for s in Severity}


def test_the_page_is_current() -> None:
    checked = subprocess.run(
        [sys.executable, "tools/watch_api.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout
