"""What pages cannot show: several files, odd input, and Caddy's own word on what is read and written."""

from __future__ import annotations

import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.cell import NotAsked
from batten.engine.fix import Wish, plan
from batten.engine.review import Review, review
from batten.facts import (
    AccessLog,
    AccessRule,
    Certificate,
    CorsPolicy,
    Fact,
    Feature,
    Limits,
    Listener,
    OriginKind,
    ResponseHeaders,
    Upstream,
    WebRoot,
)
from batten.formats import SyntaxProblem, Workspace, apply
from batten.formats.caddyfile import parse
from batten.formats.caddyfile_edits import quoted
from batten.model import ABSENT, UNKNOWN, Problem, Safety, Switch
from batten.policy import Policy
from batten.technologies import Unit, named_like, recognised
from batten.technologies.edges.caddy import validator
from batten.technologies.edges.caddy.adapter import read, units
from batten.technologies.edges.caddy.limits import bytes_of, seconds
from batten.technologies.edges.caddy.matchers import matches
from batten.technologies.shared.transport.x509 import self_signed
from needs import needs
from servers import free_port, listener
from waiting import BOUND

F = TypeVar("F", bound=Fact)
PAGES = Path(__file__).parent.parent / "pages"
UNIT = Unit("caddy", ("Caddyfile",))
BLOCKS = [
    pytest.param(info, text, id=f"{page.parent.name}-{kind}-{number}")
    for page in sorted(PAGES.glob("*/*.md"))
    for number, (kind, info, text) in enumerate(
        re.findall(
            r"^```caddyfile (bad|fixed|good)([^\n]*)\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL
        )
    )
]
installed = needs("caddy", validator.caddy())
POLICY = Policy(origins=("https://shop.example.com",))
RISKY = Wish(accept=frozenset({Safety.SAFE, Safety.RISKY}))


def facts(kind: type[F], text: str, **more: str) -> list[F]:
    space = Workspace("/nonexistent", {"Caddyfile": text, **more})
    return [f for f in read(UNIT, space) if isinstance(f, kind)]


def site(*lines: str, name: str = "api.example.com") -> str:
    return f"{name} {{\n" + "".join(f"\t{line}\n" for line in lines) + "}\n"


def reviewed(text: str, root: Path) -> Review:
    return review(Workspace(root, {"Caddyfile": text}), POLICY)


def mended(text: str, root: Path, name: str = "Caddyfile") -> str:
    """The text after all fixes that can be written; a second run must have none left."""
    (root / name).write_text(text)
    made = plan(Workspace(root), POLICY, RISKY).texts[name]
    after = review(Workspace(root, {name: made}), POLICY)
    assert after.problems == []
    assert [f.control for f in after.findings if f.fix is not None and f.fix.edits] == []
    return made


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("Caddyfile", "example.com\n", True),
        ("deploy/api.caddyfile", "example.com\n", True),
        ("Caddyfile.prod", "example.com\n", True),
        ("caddy.json", '{"apps": {"http": {"servers": {}}}}', True),
        ("caddy-package.json", '{"name": "caddy-tool", "version": "1"}', False),
        ("package.json", '{"apps": {"http": {}}}', False),
    ],
)
def test_a_configuration_is_told_by_its_name(path: str, text: str, expected: bool) -> None:
    assert ("caddy" in [t.name for t in recognised(named_like(path), text)]) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b\n", ["a", "b"]),
        ('a "b c" `d "e"`\n', ["a", "b c", 'd "e"']),
        ("a b # c\n", ["a", "b"]),
        ("a b#c\n", ["a", "b#c"]),
        ('a "\\"b\\""\n', ["a", '"b"']),
        ("a \\\n  b\n", ["a", "b"]),
        ("a <<END\n  x\n  y\n  END\n", ["a", "x\ny"]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert parse("x {\n" + text + "}\n").children[0].children[0].values == expected


def test_addresses_may_stand_on_several_lines() -> None:
    (only,) = parse("a.example.com,\nb.example.com {\n}\n").children
    assert only.values == ["a.example.com,", "b.example.com"]


@pytest.mark.parametrize(
    "text", ["a {\n", "}\n", "a {\n} b\n", 'a "b\n', "a `b\n", "a <<END\nb\n", "a {\n" * 200]
)
def test_what_is_no_caddyfile_is_told_with_what_to_do(text: str) -> None:
    with pytest.raises(SyntaxProblem) as caught:
        parse(text)
    assert caught.value.hint


@given(st.text(st.sampled_from('ab{}"`#\\\n\t <E,.@*/$:()'), max_size=60))
@settings(deadline=None)
def test_any_text_is_read_or_is_a_syntax_problem(text: str) -> None:
    try:
        list(read(UNIT, Workspace("/nonexistent", {"Caddyfile": text})))
    except SyntaxProblem:
        return
    for statement in parse(text).walk():
        assert 0 <= statement.span.start <= statement.span.end <= len(text)
        for word in statement.words:
            assert statement.span.start <= word.start < word.end <= len(text)


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20))
def test_a_quoted_word_is_read_back(text: str) -> None:
    if text.endswith("\\") or ("`" in text and '\\"' in text):
        return  # Caddy has no way to write these
    assert parse(f"x {{\na {quoted(text)}\n}}\n").children[0].children[0].values == ["a", text]


@pytest.mark.parametrize(
    ("address", "tls", "port"),
    [
        ("example.com", True, 443),
        ("https://example.com:8443", True, 8443),
        ("http://example.com", False, 80),
        ("example.com:80", False, 80),
        ("example.com:8080", True, 8080),
        (":8080", False, 8080),
        (":443", UNKNOWN, 443),
        ("https://", True, 443),
        ("192.0.2.1", True, 443),
        ("{$DOMAIN}", UNKNOWN, UNKNOWN),
        ("{$DOMAIN:http://example.com}", False, 80),
        ("http://{$DOMAIN}", False, 80),
    ],
)
def test_addresses(address: str, tls: object, port: object) -> None:
    (listener,) = facts(Listener, site("respond hi", name=address))
    assert (listener.tls.value, listener.port.value) == (tls, port)


def test_ports_of_the_options_are_those_of_the_schemes() -> None:
    text = "{\n\thttp_port 8080\n\thttps_port 8443\n}\n" + site("respond hi", name="a.example.com, :8080")
    assert [(f.tls.value, f.port.value) for f in facts(Listener, text)] == [(True, 8443), (False, 8080)]


def test_snippets_take_arguments() -> None:
    text = "(proxy) {\n\treverse_proxy {args.0} {args[1]}\n}\n" + site("import proxy a:1 b:2")
    assert [u.target.value for u in facts(Upstream, text)] == ["a:1", "b:2"]


def test_a_snippet_that_imports_itself_ends() -> None:
    text = "(a) {\n\timport a\n\timport a\n}\n" + site("import a", "respond hi")
    (headers,) = facts(ResponseHeaders, text)
    assert headers["x-frame-options"].value is UNKNOWN


def test_a_missing_import_hides_settings() -> None:
    (log,) = facts(AccessLog, site("import common/*", "reverse_proxy a:1"))
    assert log.access.value is UNKNOWN


def test_files_are_imported_and_are_no_configuration_of_their_own() -> None:
    files = {"Caddyfile": "import sites/*\n", "sites/a.caddyfile": site("respond hi")}
    space = Workspace("/nonexistent", files)
    (unit,) = units(sorted(files), space)
    assert unit.files == ("Caddyfile", "sites/a.caddyfile")
    assert [f.names for f in read(unit, space) if isinstance(f, Listener)] == [("api.example.com",)]


def test_directives_are_imported_into_a_site() -> None:
    part = "header X-Frame-Options DENY\nheader X-Content-Type-Options nosniff\n"
    (headers,) = facts(
        ResponseHeaders, site("import common.caddyfile", "respond hi"), **{"common.caddyfile": part}
    )
    assert (headers["x-frame-options"].value, headers["x-content-type-options"].value) == ("DENY", "nosniff")


def test_a_broken_import_is_a_problem_with_its_line() -> None:
    space = Workspace("/nonexistent", {"Caddyfile": "import b.caddyfile\n", "b.caddyfile": "x {\n\ty `\n"})
    assert [(o.source, o.line) for o in read(UNIT, space) if isinstance(o, Problem)] == [("b.caddyfile", 2)]


def test_a_snippet_is_said_once() -> None:
    text = (
        "(p) {\n\treverse_proxy http://a.example.net\n}\n"
        + site("import p")
        + site("import p", name="b.example.com")
    )
    assert len(facts(Upstream, text)) == 1


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["header X-Frame-Options DENY"], ("DENY", True)),
        (["header X-Frame-Options DENY {\n\tdefer\n}"], ("DENY", False)),
        (["header >X-Frame-Options DENY"], ("DENY", False)),
        (["header ?X-Frame-Options DENY"], ("DENY", True)),
        (["header ?X-Frame-Options DENY", "handle_errors {\n\trespond hi\n}"], ("DENY", False)),
        (["header {\n\tX-Frame-Options DENY\n\t-Server\n}"], ("DENY", False)),
        (["header {\n\tX-Frame-Options DENY\n\t+Vary Origin\n}"], ("DENY", True)),
        (["header /a X-Frame-Options DENY"], (UNKNOWN, True)),
        (["header * X-Frame-Options DENY"], ("DENY", True)),
        (["header X-Frame-Options {$FRAMES}"], (UNKNOWN, True)),
        (["header X-Frame-Options {$FRAMES:DENY}"], ("DENY", True)),
        (["handle /a {\n\theader X-Frame-Options DENY\n}"], (UNKNOWN, True)),
        (["route {\n\theader X-Frame-Options DENY\n}"], ("DENY", True)),
        (["header X-Frame-Options DENY", "header -X-Frame-Options"], (ABSENT, False)),
    ],
)
def test_headers(lines: list[str], expected: object) -> None:
    (headers,) = facts(ResponseHeaders, site(*lines, "reverse_proxy a:1"))
    assert (headers["x-frame-options"].value, headers.on_errors("x-frame-options")) == expected


@pytest.mark.parametrize(
    ("matcher", "expected"),
    [
        ("", [OriginKind.REFLECTED]),
        ("@o header Origin https://a", [OriginKind.EXACT]),
        ("@o header Origin *.a", [OriginKind.PATTERN]),
        ("@o header Origin", [OriginKind.REFLECTED]),
        ("@o header Origin {$ORIGIN}", None),
        ("@o not header Origin https://a", None),
        ("@o header_regexp o Origin ^https://a$", [OriginKind.PATTERN]),
        ("@o path /public/*", [OriginKind.REFLECTED]),
        ("@o expression {header.Origin}.endsWith('a')", None),
        ("@o remote_ip 10.0.0.0/8", None),
    ],
)
def test_origins(matcher: str, expected: object) -> None:
    token = "@o " if matcher else ""
    (policy,) = facts(
        CorsPolicy,
        site(matcher, f"header {token}Access-Control-Allow-Origin {{header.Origin}}", "reverse_proxy a:1"),
    )
    found = policy.origins.known(None)
    assert (None if found is None else [r.kind for r in found]) == expected


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("/a", "/a", True),
        ("/a", "/a/", False),
        ("/a*", "/ab/c", True),
        ("/A/*", "/a/b", True),
        ("*.php", "/x.php", True),
        ("*/.*", "/a/.git/config", True),
        ("/a/*/c", "/a/b/c", True),
        ("/a/*/c", "/a/b/b/c", False),
    ],
)
def test_paths(pattern: str, path: str, expected: bool) -> None:
    assert matches(pattern, path) is expected


@pytest.mark.parametrize(("text", "expected"), [("1MB", 10**6), ("1MiB", 2**20), ("10", 10), ("x", None)])
def test_sizes(text: str, expected: int | None) -> None:
    assert bytes_of(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("10s", 10.0), ("1m30s", 90.0), ("0", 0.0), ("x", None)])
def test_times(text: str, expected: float | None) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize(
    ("image", "expected"),
    [("caddy:2.6.2", ABSENT), ("caddy:2.8.4", ABSENT), ("caddy:2.9.0", 60.0), ("x", UNKNOWN)],
)
def test_the_time_for_headers_by_version(image: str, expected: object) -> None:
    (limits,) = [
        f for f in facts(Limits, site("reverse_proxy a:1"), Dockerfile=f"FROM {image}\n") if f.header_timeout
    ]
    assert limits.header_timeout is not None and limits.header_timeout.effective == expected


def test_files_of_the_root_are_looked_at(tmp_path: Path) -> None:
    space = Workspace(
        tmp_path, {"Caddyfile": site("root * www", "file_server"), "www/a.sql": "", "www/.env": ""}
    )
    (root,) = [f for f in read(UNIT, space) if isinstance(f, WebRoot)]
    assert sorted(root.sensitive) == [".env", "a.sql"]


def test_a_dump_in_the_root_is_refused_by_its_name(tmp_path: Path) -> None:
    space = Workspace(
        tmp_path,
        {
            "Caddyfile": site("root * www", "@hidden path */.*", "respond @hidden 404", "file_server"),
            "www/a.sql": "",
        },
    )
    (found,) = [f for f in review(space, POLICY).findings if f.control == "file-not-served"]
    assert found.fix is not None and "path /a.sql" in found.fix.edits[0].text


def test_on_demand_is_limited_from_2_7_on() -> None:
    text = "https:// {\n\ttls {\n\t\ton_demand\n\t}\n\trespond hi\n}\n"
    names = [f.name for f in facts(Feature, text)]
    later = [f.name for f in facts(Feature, text, Dockerfile="FROM caddy:2.7-alpine\n")]
    assert (Switch.ON_DEMAND_TLS in names, Switch.ON_DEMAND_TLS in later) == (True, False)


def test_a_certificate_that_is_here_is_read(tmp_path: Path) -> None:
    pem = self_signed()[0].decode()
    text = site("tls api.pem api.key", "respond hi")
    space = Workspace(tmp_path, {"Caddyfile": text, "api.pem": pem})
    (found,) = [f for f in read(UNIT, space) if isinstance(f, Certificate)]
    assert found.name_matches.value is False


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"apps": 1}', '{"apps": {"http": {"servers": {"a": {"routes": [1]}}}}}']
)
def test_odd_native_configurations_have_no_facts(text: str) -> None:
    space = Workspace("/nonexistent", {"caddy.json": text})
    assert [f for f in read(Unit("caddy", ("caddy.json",)), space) if isinstance(f, Upstream)] == []


def test_a_native_configuration_is_mended_and_stays_json(tmp_path: Path) -> None:
    server = {
        "listen": [":443"],
        "routes": [
            {
                "match": [{"host": ["a.example.com"]}],
                "handle": [{"handler": "reverse_proxy", "upstreams": [{"dial": "a:1"}]}],
            }
        ],
    }
    text = json.dumps({"admin": {"listen": ":2019"}, "apps": {"http": {"servers": {"a": server}}}}, indent=2)
    fixed = mended(text, tmp_path, "caddy.json")
    made = json.loads(fixed)["apps"]["http"]["servers"]["a"]
    assert made["logs"] == {} and made["read_timeout"] == "10s"
    assert fixed.count("Strict-Transport-Security") == 1


WHOLE = (
    "api.example.com {\n\tbasicauth /admin {\n\t\tbob $2a$14$Zkx19XLiW6VYouLHR5NmfOFU0z2GTNmpkT/5qqR7hx4IjWJPDhjvG\n\t}\n"
    "\theader Access-Control-Allow-Origin *\n\tmetrics /metrics\n\treverse_proxy app:8000\n}\n\n"
    "# files\nfiles.example.com {\n\troot * /srv\n\tfile_server browse\n}\n"
)


def test_all_fixes_together_are_made_once_and_caddy_takes_them(tmp_path: Path) -> None:
    fixed = mended(WHOLE, tmp_path)
    assert "# files" in fixed
    assert validator.validate(UNIT, Workspace(tmp_path, {"Caddyfile": fixed})) in (True, False)


# A variable without a value, a file that lies elsewhere, and plug-ins that this build lacks: Caddy stops there.
UNKNOWN_HERE = re.compile(r"\{\$|import (?:common|base)|forward_proxy|dns cloudflare")


@installed
@pytest.mark.parametrize(("info", "text"), BLOCKS)
def test_caddy_takes_every_example(info: str, text: str, tmp_path: Path) -> None:
    named = re.search(r"file=(\S+)", info)
    name = named[1] if named else "Caddyfile"
    verdict = validator.validate(Unit("caddy", (name,)), Workspace(tmp_path, {name: text}))
    assert verdict is True or (isinstance(verdict, NotAsked) and verdict.ran and UNKNOWN_HERE.search(text))


@installed
def test_caddy_says_what_is_wrong_and_where(tmp_path: Path) -> None:
    text = site("reverse_proxy a:1", "header {\n\t\tX-A b c d\n\t}", "request_body {\n\t\tmax_size many\n\t}")
    problem = validator.validate(UNIT, Workspace(tmp_path, {"Caddyfile": text}))
    assert isinstance(problem, Problem) and problem.line


@contextmanager
def running(text: str, folder: Path) -> Iterator[int]:
    """Caddy on a free port of 127.0.0.1; `PORT` in the text is it."""
    port = free_port()
    (folder / "Caddyfile").write_text(
        "{\n\tadmin off\n\tauto_https off\n}\n" + text.replace("PORT", str(port))
    )
    environment = {
        **os.environ,
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
    }
    command = [validator.caddy(), "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]
    with listener(command, port, folder / "server.log", env=environment):
        yield port


def asked(port: int, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=BOUND) as answer:
            return answer.status, dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers)


@installed
def test_a_block_that_removes_is_left_out_of_errors(tmp_path: Path) -> None:
    text = site(
        "header X-A plain",
        "header {",
        "X-B put-off",
        "-Server",
        "}",
        "root * /nonexistent",
        "file_server",
        name="http://127.0.0.1:PORT",
    )
    with running(text, tmp_path) as port:
        status, headers = asked(port, "/missing")
    assert (status, headers.get("X-A"), headers.get("X-B")) == (404, "plain", None)


@installed
def test_the_order_of_directives_is_caddys_own(tmp_path: Path) -> None:
    text = site("respond /internal/* 403", "handle {", "respond ok", "}", name="http://127.0.0.1:PORT")
    with running(text, tmp_path) as port:
        assert asked(port, "/internal/a")[0] == 200
    found = next(f for f in reviewed(text, tmp_path).findings if f.control == "access-rule-effective")
    assert found.fix is not None
    fixed = apply(text, found.fix.edits)
    assert facts(AccessRule, fixed)[0].defeat == ""
    with running(fixed, tmp_path) as port:
        assert (asked(port, "/internal/a")[0], asked(port, "/x")[0]) == (403, 200)


@installed
def test_a_client_writes_the_address_that_forwarded_looks_at(tmp_path: Path) -> None:
    text = site(
        "@lan remote_ip forwarded 10.0.0.0/8",
        "respond @lan in 200",
        "respond out 403",
        name="http://127.0.0.1:PORT",
    )
    with running(text, tmp_path) as port:
        assert asked(port, "/", **{"X-Forwarded-For": "10.0.0.1"})[0] == 200


def test_a_value_that_only_people_know_is_asked_for(tmp_path: Path) -> None:
    found = [
        f
        for f in reviewed(site("reverse_proxy a:1", name=":8080"), tmp_path).findings
        if f.control == "tls-required"
    ]
    assert found[0].fix is not None and found[0].fix.safety is Safety.VALUE
