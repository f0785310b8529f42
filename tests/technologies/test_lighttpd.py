"""What pages cannot show: several files, includes, values that are put together, and lighttpd's own word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.engine.review import review
from batten.facts import Fact, Limits, Listener, ResponseHeaders, Secret, Upstream, WebRoot
from batten.formats import Workspace, apply
from batten.model import ABSENT, UNKNOWN, Problem, Safety
from batten.policy import Policy
from batten.technologies import Unit
from batten.technologies.edges.lighttpd import validator
from batten.technologies.edges.lighttpd.adapter import read, units
from batten.technologies.edges.lighttpd.includes import load
from needs import needs
from test_pages import FIXTURES, Example, examples

F = TypeVar("F", bound=Fact)
MAIN = 'server.document-root = "/srv"\nserver.port = 443\nssl.engine = "enable"\nssl.pemfile = "/etc/lighttpd/a.pem"\n'
SETENV = 'server.modules = ( "mod_openssl", "mod_setenv" )\n' + MAIN


def workspace(files: Mapping[str, str]) -> Workspace:
    return Workspace(Path("/nonexistent"), files)


def facts(kind: type[F], text: str, others: Mapping[str, str] | None = None) -> list[F]:
    here = workspace({"lighttpd.conf": text, **(others or {})})
    found = list(read(Unit("lighttpd", ("lighttpd.conf",)), here))
    assert not [f for f in found if isinstance(f, Problem)]
    return [f for f in found if isinstance(f, kind)]


@pytest.mark.parametrize(
    ("path", "text", "known"),
    [
        ("lighttpd.conf", "server.port = 80\n", True),
        ("etc/lighttpd/conf-available/10-proxy.conf", 'server.modules   += ( "mod_proxy" )\n', True),
        ("conf.d/api.conf", '$HTTP["host"] == "a" {\n}\n', True),
        ("conf.d/api.conf", "server { listen 80; }\n", False),
        ("conf.d/api.conf", "<VirtualHost *:80>\nServerName a\n</VirtualHost>\n", False),
        ("application.conf", "server.port = 80\n", False),
    ],
)
def test_which_files_are_its_own(path: str, text: str, known: bool) -> None:
    found = [u.technology for u in review(workspace({path: text}), Policy()).units]
    assert ("lighttpd" in found) is known


def test_a_main_file_brings_its_parts_and_no_others() -> None:
    here = workspace(
        {
            "etc/lighttpd/lighttpd.conf": MAIN + 'include "conf-enabled/*.conf"\n',
            "etc/lighttpd/conf-enabled/10-a.conf": 'server.tag = ""\n',
            "etc/lighttpd/conf-available/20-b.conf": 'dir-listing.activate = "enable"\n',
            "other/conf.d/c.conf": 'dir-listing.activate = "enable"\n',
        }
    )
    made = {u.files for u in units(sorted(here.overlay), here)}
    main = ("etc/lighttpd/lighttpd.conf", "etc/lighttpd/conf-enabled/10-a.conf")
    assert made == {main, ("other/conf.d/c.conf",)}


@pytest.mark.parametrize(
    "line",
    ['include_shell "cat /etc/lighttpd/headers"', 'include "/somewhere/else.conf"', "include env.MORE"],
)
def test_what_is_not_read_is_unknown(line: str) -> None:
    (answer,) = facts(ResponseHeaders, SETENV + line + "\n")
    assert answer["strict-transport-security"].value is UNKNOWN


def test_programs_of_packages_are_known_and_never_run() -> None:
    lines = 'include_shell "/usr/share/lighttpd/create-mime.conf.pl"\n'
    lines += 'include_shell "/usr/share/lighttpd/use-ipv6.pl " + server.port\n'
    (answer,) = facts(ResponseHeaders, SETENV + lines)
    assert answer["strict-transport-security"].value is ABSENT


def test_values_are_put_together() -> None:
    text = 'var.root = "/srv"\nvar.port = 8000 + 1\nserver.document-root = var.root + "/www"\nserver.port = var.port\n'
    (root,) = facts(WebRoot, text)
    (listener,) = facts(Listener, text)
    assert root.path.value == "/srv/www"
    assert listener.port.value == 8001


def test_a_name_without_a_dot_is_a_variable() -> None:
    text = 'var.base = "/etc/lighttpd"\nport = 81\nserver.document-root = base + "/www"\nserver.port = var.port\n'
    text += 'include base + "/modules.conf"\ninclude "mime-types.conf"\n'
    (root,), (listener,) = facts(WebRoot, text), facts(Listener, text)
    assert root.path.value == "/etc/lighttpd/www" and listener.port.value == 81
    here = workspace(
        {"etc/lighttpd/lighttpd.conf": text, "etc/lighttpd/modules.conf": "server.modules = ()\n"}
    )
    tree = load(Unit("lighttpd", ("etc/lighttpd/lighttpd.conf",)), here)
    assert tree.files == ("etc/lighttpd/lighttpd.conf", "etc/lighttpd/modules.conf")
    assert not tree.root.hides("server.tag")


def test_an_array_sees_what_stands_above_it() -> None:
    text = SETENV + (
        '$HTTP["url"] == "/a" {\n setenv.add-response-header += ( "A" => "1" )\n}\n'
        'setenv.add-response-header += ( "B" => "2" )\n'
        '$HTTP["url"] == "/c" {\n setenv.add-response-header += ( "C" => "3" )\n}\n'
    )
    sent = [set(a.sent) for a in facts(ResponseHeaders, text)]
    assert sent == [{"b"}, {"a"}, {"b", "c"}]


def test_texts_and_arrays_do_not_grow_without_bound() -> None:
    lines = "".join(f"var.a{n} = var.a{n - 1} + var.a{n - 1}\n" for n in range(1, 40))
    (limits,) = facts(Limits, MAIN + 'var.a0 = "xxxxxxxx"\n' + lines + "server.max-request-size = var.a39\n")
    assert limits.body is not None and limits.body.value is UNKNOWN
    arrays = "".join(f"var.b{n} = var.b{n - 1} + var.b{n - 1}\n" for n in range(1, 40))
    (answer,) = facts(
        ResponseHeaders, SETENV + 'var.b0 = ( "a" )\n' + arrays + "setenv.add-response-header = var.b39\n"
    )
    assert answer["x-frame-options"].value is UNKNOWN


def test_sockets() -> None:
    sockets = [":81", "[::1]:82", "127.0.0.1:83", "/run/a.sock", "*:84"]
    text = MAIN + "".join(f'$SERVER["socket"] == "{s}" {{\n}}\n' for s in sockets)
    found = [(x.address.value, x.port.value) for x in facts(Listener, text)]
    assert found == [
        ("0.0.0.0", 443),
        ("0.0.0.0", 81),
        ("::1", 82),
        ("127.0.0.1", 83),
        ("unix:/run/a.sock", 0),
        ("0.0.0.0", 84),
    ]


def test_backends() -> None:
    text = (
        SETENV
        + 'proxy.server = ( "/a" => ( ( "host" => "10.1.2.3", "port" => 80 ), ( "host" => env.B ) ) )\n'
    )
    assert [u.host for u in facts(Upstream, text)] == ["10.1.2.3", ""]


def test_secrets_are_not_in_pointers() -> None:
    text = (
        SETENV
        + '$HTTP["cookie"] =~ "token=hunter2hunter2" {\n setenv.add-request-header = ( "X-Api-Key" => "hunter2hunter2" )\n}\n'
    )
    found = facts(Secret, text)
    assert [f.name for f in found] == ["token", "X-Api-Key"]
    assert not any("hunter2" in f.at.pointer + f.value.at.pointer for f in found)


def fixed() -> Iterator[Example]:
    for page in sorted(FIXTURES.glob("*/lighttpd.md")):
        yield from (e for e in examples(page) if e.kind in ("fixed", "good"))


@needs("lighttpd", validator.lighttpd())
@pytest.mark.parametrize("example", list(fixed()), ids=lambda e: f"{e.slug}-{e.end}")
def test_lighttpd_takes_what_is_written(example: Example) -> None:
    here = workspace({"lighttpd.conf": example.text})
    assert validator.validate(Unit("lighttpd", ("lighttpd.conf",)), here) is True


@needs("lighttpd", validator.lighttpd())
@pytest.mark.parametrize(
    "wrong",
    [
        'server.tag = "a"\nserver.tag = "b"\n',
        'setenv.add-response-header = ( "a" => "1", "A" => "2" )\n',
        'ssl.openssl.ssl-conf-cmd = ( "CipherString" => "NONSENSE" )\n',
        '$SERVER["socket"] == ":8443" {\n ssl.engine = "enable"\n ssl.openssl.ssl-conf-cmd = ( "MinProtocol" => "TLSv1.2" )\n}\n',
        'include "part.conf"\n',
    ],
)
def test_lighttpd_says_what_is_wrong(wrong: str) -> None:
    here = workspace({"lighttpd.conf": SETENV + wrong, "part.conf": "server.port = 1\n"})
    tree = load(Unit("lighttpd", ("lighttpd.conf",)), here)
    said = validator.validate(Unit("lighttpd", tree.files), here)
    assert isinstance(said, Problem) and "/cell" not in said.message


@needs("lighttpd", validator.lighttpd())
def test_what_only_the_running_system_has_is_not_asked_for() -> None:
    text = SETENV + (
        'server.username = "nobody-here"\nserver.errorlog = "/nonexistent/log"\nserver.bind = env.NOT_SET\n'
        'include_shell "exit 1"\nserver.modules += ( "mod_magnet", "mod_proxy" )\n'
        'magnet.attract-raw-url-to = ( "/nonexistent.lua" )\n'
        'proxy.server = ( "" => ( ( "host" => "no.such.host.invalid", "port" => 80 ) ) )\n'
        'accesslog.filename = "|/bin/false"\n'
    )
    here = workspace({"lighttpd.conf": text})
    assert validator.validate(Unit("lighttpd", ("lighttpd.conf",)), here) is True


@needs("lighttpd", validator.lighttpd())
def test_each_include_brings_its_own_files() -> None:
    text = 'base = "."\nserver.document-root = "/srv"\ninclude base + "/a.conf"\n$HTTP["url"] == "/" { include base + "/b.conf" }\ninclude "conf.d/*.conf"\n'
    parts = {"a.conf": 'server.tag = "a"\n', "b.conf": 'server.tag = "b"\n'}
    parts |= {"conf.d/c.conf": "server.port = 81\n", "conf.d/d.conf": 'server.name = "d"\n'}
    here = workspace({"lighttpd.conf": text, **parts})
    tree = load(Unit("lighttpd", ("lighttpd.conf",)), here)
    assert len(tree.files) == 5
    assert validator.validate(Unit("lighttpd", tree.files), here) is True
    wrong = here.with_overlay({"conf.d/d.conf": "\nserver.port = 82\n"})
    said = validator.validate(Unit("lighttpd", tree.files), wrong)
    assert isinstance(said, Problem) and said.source == "conf.d/d.conf"


def test_all_fixes_stand_beside_each_other() -> None:
    text = 'server.modules = ( "mod_openssl" )\n' + MAIN + 'server.dir-listing = "enable"\n'
    here = workspace({"lighttpd.conf": text})
    found = review(here, Policy()).findings
    edits = [e for f in found if f.fix is not None and f.fix.safety is not Safety.VALUE for e in f.fix.edits]
    again = workspace({"lighttpd.conf": apply(text, edits)})
    left = [f.control for f in review(again, Policy()).findings]
    assert len(found) >= 9 and left == []
    assert validator.validate(Unit("lighttpd", ("lighttpd.conf",)), again) in (True, False)


def test_rules_are_written_below_what_is_included() -> None:
    text = 'server.modules = ( "mod_access" )\nserver.document-root = "/srv"\ninclude "conf-enabled/*.conf"\n\n# end\n'
    here = workspace({"lighttpd.conf": text, "conf-enabled/a.conf": 'server.tag = ""\n'})
    (finding,) = [f for f in review(here, Policy()).findings if f.control == "file-not-served"]
    assert finding.fix is not None
    made = apply(text, finding.fix.edits)
    assert made.index("include") < made.index("$HTTP") < made.index("# end")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                *SETENV.splitlines(),
                '$HTTP["url"] == "/a" {',
                "}",
                'server.tag = "1.2"',
                'setenv.add-response-header += ( "A" => "1" )',
                "include env.A",
            ]
        ),
        max_size=12,
    )
)
def test_no_order_of_lines_is_too_odd(lines: list[str]) -> None:
    review(workspace({"lighttpd.conf": "\n".join(lines) + "\n"}), Policy())
