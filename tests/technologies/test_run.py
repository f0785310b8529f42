"""Options of `docker run`, as people write them."""

from __future__ import annotations

import pytest

from batten.formats import json
from batten.formats.tree import Mapping
from batten.model import Location, Setting, Span
from batten.technologies.shared.containers import run

AT = Location("run", "container", Span(0, 0))


@pytest.mark.parametrize(
    ("words", "given", "image"),
    [
        ("--rm -it alpine:3.22 sh", [("rm", ""), ("tty", "")], 2),
        ("-d -p 80:8080 nginx", [("detach", ""), ("publish", "80:8080")], 3),
        ("-p80:8080 nginx", [("publish", "80:8080")], 1),
        ("-dp 80:8080 nginx", [("publish", "80:8080")], 2),
        ("-e=A=b --env C=d nginx", [("env", "A=b"), ("env", "C=d")], 3),
        ("--privileged=false --network=host x", [("privileged", "false"), ("network", "host")], 2),
        ("-v /:/host:ro --name x y", [("volume", "/:/host:ro"), ("name", "x")], 4),
        ("nginx --privileged", [], 0),
    ],
)
def test_options_end_at_the_image(words: str, given: list[tuple[str, str]], image: int) -> None:
    split = [(word, AT) for word in words.split()]
    found, number = run.parsed(split)
    assert [(one.name, one.value) for one in found] == given
    assert number == image


@pytest.mark.parametrize(
    ("published", "address", "port", "inner"),
    [
        ("5432:5432", "0.0.0.0", 5432, 5432),
        ("127.0.0.1:15432:5432", "127.0.0.1", 15432, 5432),
        ("[::1]:80:8080", "::1", 80, 8080),
        ("127.0.0.1::5432", "127.0.0.1", None, 5432),
        ("5432", "0.0.0.0", None, 5432),
        ("2375-2376:2375-2376/tcp", "0.0.0.0", 2375, 2375),
    ],
)
def test_ports_are_published_where_they_say(
    published: str, address: str, port: int | None, inner: int
) -> None:
    started = run.Run(
        name="db", image=Setting("x", AT), given=(run.Given("publish", published, AT),), block=AT
    )
    [found] = run.workload(started).ports
    assert found.host_address.effective == address
    assert found.host_port.known(None) == port
    assert found.container_port == inner


@pytest.mark.parametrize(
    ("volume", "source", "read_only"),
    [
        (("volume", "/srv:/data:ro,Z"), "/srv", True),
        (("volume", "%h/.ssh:/root/.ssh"), "~/.ssh", False),
        (("volume", "$HOME/.aws:/root/.aws"), "~/.aws", False),
        (("mount", "type=bind,src=/etc,dst=/host,readonly"), "/etc", True),
        (("mount", "type=bind,source=/etc,target=/host,readonly=false"), "/etc", False),
    ],
)
def test_mounts_in_both_spellings(volume: tuple[str, str], source: str, read_only: bool) -> None:
    started = run.Run(name="a", image=Setting("x", AT), given=(run.Given(*volume, AT),), block=AT)
    [mount] = run.workload(started).mounts
    assert (mount.source.known(None), mount.read_only.known(None), mount.kind) == (source, read_only, "bind")


def test_json_with_comments_keeps_offsets() -> None:
    text = '{\n  // a "comment"\n  "a": "http://x", /* , */\n  "b": [1, 2,],\n}\n'
    root = json.parse_with_comments(text)
    assert isinstance(root, Mapping)
    span = root["a"].span if root["a"] is not None else Span(0, 0)
    assert text[span.start : span.end] == '"http://x"'
    assert root.plain() == {"a": "http://x", "b": [1, 2]}
