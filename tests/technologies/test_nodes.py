"""Directives in their context, and the tables from remedies to writers."""

from __future__ import annotations

from batten.formats.document import Text
from batten.formats.nginx import parse
from batten.model import (
    ABSENT,
    UNKNOWN,
    Fix,
    Kind,
    Location,
    RemoveHeader,
    RunAs,
    Setting,
    Switch,
    TurnOff,
    TurnOn,
)
from batten.technologies.shared.edges.nodes import Item, in_force, located, places_of
from batten.technologies.shared.edges.writers import Writers

TEXT = "server { listen 80; root /a; root /b; location / { return 404; } }\n"


def tree() -> Item:
    source = Text("nginx.conf", TEXT)
    root = Item(source, None, parse(TEXT), [])
    waiting = [root]
    while waiting:
        item = waiting.pop()
        item.items += [Item(source, item, d, d.values) for d in item.directive.children]
        waiting += item.items
    return root


def test_children_are_found_by_name_in_reading_order() -> None:
    server = tree().items[0]
    assert [i.value for i in server.all("root", "listen")] == ["80", "/a", "/b"]
    first, last = server.first("root"), server.last("root")
    assert first is not None and last is not None and (first.value, last.value) == ("/a", "/b")
    assert server.all("index") == [] and server.first("index") is None and server.last("index") is None


def test_a_block_knows_what_is_below_and_around_it() -> None:
    root = tree()
    answer = next(i for i in root.walk() if i.name == "return")
    assert [i.name for i in answer.around()] == ["return", "location", "server", ""]


def test_a_place_leads_back_to_its_directive() -> None:
    root = tree()
    places = places_of(root)
    listen = root.items[0].items[0]
    assert located(places, listen.place()) is listen
    assert located(places, listen.word(0)) is listen
    assert located(places, root.items[0].block()) is root.items[0]
    assert located(places, Location("nginx.conf", "")) is None


def test_what_is_unread_may_hold_a_directive() -> None:
    server = tree().items[0]
    server.unread += [("proxy_", "deny$")]
    assert server.hides("proxy_pass") and server.hides("deny") and not server.hides("deny_all")


def test_what_is_in_force_is_told_from_what_is_not_known() -> None:
    server = tree().items[0]
    block, root = server.block(), server.last("root")
    assert root is not None
    assert in_force(root, block, lambda v: v[0], lambda text: False, ABSENT) == Setting("/b", root.place())
    assert in_force(root, block, lambda v: v[0], lambda text: True, ABSENT) == Setting(UNKNOWN, root.place())
    assert in_force(None, block, lambda v: v[0], lambda text: False, "html") == Setting(ABSENT, block, "html")
    assert in_force(UNKNOWN, block, lambda v: v[0], lambda text: False, "html") == Setting(UNKNOWN, block)
    assert block.kind is Kind.BLOCK


def test_a_remedy_goes_to_its_writer_and_no_other() -> None:
    writers = Writers[str](
        off={Switch.BANNER: lambda s: Fix(f"{s} off", ())}, on={Switch.LOGIN: lambda s: Fix(f"{s} on", ())}
    )
    writers.of(RemoveHeader, lambda s, r: Fix(f"{s} {r.name}", ()))
    asked = (TurnOff(Switch.BANNER), TurnOn(Switch.LOGIN), RemoveHeader("Via"))
    assert [fix and fix.title for fix in (writers.fix_of("x", a) for a in asked)] == [
        "x off",
        "x on",
        "x Via",
    ]
    assert writers.fix_of("x", TurnOn(Switch.BANNER)) is None
    assert writers.fix_of("x", RunAs("nobody")) is None
