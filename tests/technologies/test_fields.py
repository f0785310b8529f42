"""Places of YAML configurations, written or not."""

from __future__ import annotations

from batten.formats import yaml
from batten.model import ABSENT, Kind, Setting
from batten.technologies.edges.envoy.fields import Field as Message
from batten.technologies.shared.text.fields import Field

TEXT = "admin:\n  accessLog: null\nlisteners:\n- name: https\n  port: 443\n- port: 80\n"


def root(kind: type[Field] = Field) -> Field:
    tree = yaml.parse(TEXT)
    return kind("envoy.yaml", "", (), tree, tree.span, tree)


def test_what_is_written_has_its_own_place() -> None:
    port = root()["listeners"][0]["port"]
    assert port.exists and port.text == "443" and port.key == "port"
    assert port.at.kind is Kind.VALUE and TEXT[port.span.start : port.span.end] == "443"
    assert port.setting(443) == Setting(443, port.here)


def test_what_is_missing_is_absent_in_the_nearest_thing_above_it() -> None:
    missing = root().of("admin", "address", "port")
    assert not missing.exists and missing.text == "" and missing.path == ("admin", "address", "port")
    assert missing.at.kind is Kind.BLOCK and missing.span == root()["admin"].span
    assert missing.setting("never", "default") == Setting(ABSENT, missing.block, "default")


def test_null_is_nothing() -> None:
    assert not root().of("admin", "accessLog").exists
    assert root().of("admin", "accessLog").at.kind is Kind.BLOCK


def test_items_are_pointed_at_by_their_name_where_they_have_one() -> None:
    assert [i.pointer for i in root()["listeners"].items()] == ["/listeners[https]", "/listeners[1]"]


def test_a_place_is_found_by_its_span() -> None:
    listeners = root()["listeners"]
    second = listeners[1]["port"].span
    found = listeners.around(second)
    assert found is not None and found.path == ("listeners", 1)
    assert listeners.around(None) is None


def test_a_message_s_fields_have_two_spellings() -> None:
    assert root(Message).of("admin", "access_log").path == ("admin", "accessLog")
