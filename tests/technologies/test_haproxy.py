"""What pages cannot show: several files, odd input, and HAProxy's own word on what is read and written."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.cell import COPY, NotAsked
from batten.engine.fix import Wish, plan
from batten.engine.review import Review, review
from batten.facts import (
    AccessLog,
    Banner,
    CorsPolicy,
    Fact,
    Feature,
    Limits,
    Listener,
    OriginKind,
    ResponseHeaders,
    Route,
    Upstream,
)
from batten.formats import Workspace, apply
from batten.model import ABSENT, UNKNOWN, Problem, Safety, Switch
from batten.policy import Policy
from batten.technologies import Unit, Verdict, named_like, recognised
from batten.technologies.edges.haproxy import validator
from batten.technologies.edges.haproxy.adapter import read, units
from batten.technologies.edges.haproxy.limits import seconds
from batten.technologies.edges.haproxy.tls.listeners import address_of
from batten.technologies.edges.haproxy.tree import load
from batten.technologies.edges.haproxy.upstreams import host_of
from needs import needs
from proofs import turn

F = TypeVar("F", bound=Fact)
PAGES = Path(__file__).parent.parent / "pages"
UNIT = Unit("haproxy", ("haproxy.cfg",))
BLOCKS = [
    pytest.param(text, id=f"{page.parent.name}-{kind}-{number}")
    for page in sorted(PAGES.glob("*/*.md"))
    for number, (kind, text) in enumerate(
        re.findall(
            r"^```haproxy (bad|fixed|good)[^\n]*\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL
        )
    )
]
ENVIRONMENT = {
    "PORT": "8080",
    "LOCAL": "8081",
    "API_HOST": "127.0.0.1",
    "CIPHERS": "HIGH",
    "CLIENT_TIMEOUT": "5s",
    "ORIGIN": "https://shop.example.com",
    "STATS_PASSWORD": "only-for-this-test",
    "DEV_PASSWORD": "only-for-this-test",
    "API_TOKEN": "only-for-this-test",
}
installed = needs("haproxy", validator.haproxy())
POLICY = Policy(origins=("https://shop.example.com",))
BASE = "defaults\n    mode http\n    timeout connect 5s\n    timeout client 30s\n    timeout server 30s\n"
API = "backend api\n    server one 127.0.0.1:8000\n"


def workspace(**files: str) -> Workspace:
    return Workspace("/nonexistent", {k.replace("__", "/") + ".cfg": v for k, v in files.items()})


def facts(kind: type[F], text: str, **more: str) -> list[F]:
    space = Workspace("/nonexistent", {"haproxy.cfg": text, **more})
    return [f for f in read(UNIT, space) if isinstance(f, kind)]


def www(*lines: str) -> str:
    """A configuration whose frontend, on TLS, has these lines."""
    body = "".join(f"    {line}\n" for line in ("bind :443 ssl crt /tls/api.pem", *lines))
    return f"{BASE}frontend www\n{body}    default_backend api\n{API}"


def reviewed(text: str, root: Path) -> Review:
    return review(Workspace(root, {"haproxy.cfg": text}), POLICY)


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("haproxy.cfg", BASE + API, True),
        ("etc/haproxy.cfg.tpl", "global\n  log /dev/log local0\n", True),
        ("conf.d/www.cfg", "frontend www\n\tbind :80\n\tdefault_backend api\n", True),
        ("setup.cfg", "[metadata]\nname = backend\n[options]\nmode = http\n", False),
        ("lib.cfg", "global\nlisten\n", False),
        ("app.cfg", "[global]\nserver = a b\n", False),
    ],
)
def test_a_configuration_is_told_by_its_sections_and_statements(path: str, text: str, expected: bool) -> None:
    assert ("haproxy" in [t.name for t in recognised(named_like(path), text)]) is expected


def test_files_of_a_folder_belong_to_the_main_file() -> None:
    files = ["conf.d/b.cfg", "conf.d/a.cfg", "haproxy.cfg", "other/x.cfg"]
    found = [u.files for u in units(files, workspace())]
    assert found == [("haproxy.cfg", "conf.d/a.cfg", "conf.d/b.cfg"), ("other/x.cfg",)]


def test_defaults_of_one_file_hold_in_the_next_and_are_fixed_there() -> None:
    text = BASE.replace("    timeout client 30s\n", "")
    space = Workspace("/", {"e/haproxy.cfg": text, "e/conf.d/www.cfg": f"frontend www\n    bind :81\n{API}"})
    unit = next(iter(units(["e/haproxy.cfg", "e/conf.d/www.cfg"], space)))
    (limits,) = [f for f in read(unit, space) if isinstance(f, Limits) and f.body_timeout]
    assert limits.body_timeout is not None
    assert (limits.body_timeout.value, limits.body_timeout.at.source) == (ABSENT, "e/haproxy.cfg")


def test_a_broken_second_file_is_a_problem_with_its_line() -> None:
    space = workspace(haproxy=BASE, **{"conf.d__bad": 'frontend a\n    log "x\n'})
    outcomes = list(read(Unit("haproxy", ("haproxy.cfg", "conf.d/bad.cfg")), space))
    assert [(o.source, o.line) for o in outcomes if isinstance(o, Problem)] == [("conf.d/bad.cfg", 2)]


def test_a_part_without_its_defaults_is_not_judged_by_what_it_lacks() -> None:
    text = "frontend www\n    mode http\n    bind :443 ssl crt /tls/api.pem\n    default_backend elsewhere\n"
    (limits, *_) = facts(Limits, text)
    (log,) = facts(AccessLog, text)
    (headers,) = facts(ResponseHeaders, text)
    assert limits.header_timeout is not None and limits.header_timeout.value is UNKNOWN
    assert log.access.value is UNKNOWN
    assert headers["x-frame-options"].value is UNKNOWN
    assert facts(CorsPolicy, text) == []


def test_named_defaults_are_inherited_through_each_other() -> None:
    text = (
        "defaults a\n    mode http\n    timeout client 1m\n"
        "defaults b from a\n    http-after-response set-header X-Frame-Options DENY\n"
        "defaults c\n    mode tcp\n"
        f"frontend www from b\n    bind :443 ssl crt x.pem\n    default_backend api\n{API}"
    )
    (headers,) = facts(ResponseHeaders, text)
    (limits, *_) = facts(Limits, text)
    assert headers["x-frame-options"].value == "DENY"
    assert limits.body_timeout is not None and limits.body_timeout.value == 60.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (":80", ("0.0.0.0", 80)),
        ("*:80", ("0.0.0.0", 80)),
        ("127.0.0.1:8080-8090", ("127.0.0.1", 8080)),
        (":::443", ("::", 443)),
        ("[::1]:443", ("::1", 443)),
        ("ipv6@:443", ("::", 443)),
        ("quic4@:443", ("0.0.0.0", 443)),
        ("unix@/run/x.sock", ("unix:/run/x.sock", 0)),
        ("/run/x.sock", ("unix:/run/x.sock", 0)),
        ("fd@3", ("unix:3", 0)),
    ],
)
def test_addresses(text: str, expected: tuple[str, int]) -> None:
    assert address_of(text) == expected


def test_each_address_of_a_line_is_a_listener() -> None:
    found = facts(Listener, f"{BASE}listen api\n    bind :80,[::]:80\n    server one 127.0.0.1:8000\n")
    assert [(f.address.value, f.port.value) for f in found] == [("0.0.0.0", 80), ("::", 80)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5000", 5.0), ("5s", 5.0), ("1m", 60.0), ("500us", 0.0005), ("0", 0.0), ("x", None)],
)
def test_times(text: str, expected: float | None) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("api:8000", ("api", 8000)),
        ("[::1]:80", ("::1", 80)),
        ("ipv4@10.0.0.1:1", ("10.0.0.1", 1)),
        ("a", ("a", 0)),
    ],
)
def test_hosts_of_servers(text: str, expected: tuple[str, int]) -> None:
    assert host_of(text) == expected


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("haproxy:1.9", ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")),
        ("haproxy:2.8-alpine", ("TLSv1.2", "TLSv1.3")),
        ("haproxy:latest", ("TLSv1.2", "TLSv1.3")),
    ],
)
def test_protocols_by_version(image: str, expected: tuple[str, ...]) -> None:
    (listener,) = facts(Listener, www(), Dockerfile=f"FROM {image}\n")
    assert listener.protocols is not None and listener.protocols.effective == expected


@pytest.mark.parametrize(
    ("image", "lines", "expected"),
    [
        ("haproxy:3.3", "", True),
        ("haproxy:3.4", "", False),
        ("haproxy:latest", "", UNKNOWN),
        ("haproxy:3.4", "stats show-version", True),
        ("haproxy:3.4", "stats show-version\n    stats hide-version", False),
    ],
)
def test_the_version_on_the_statistics_page_by_version(image: str, lines: str, expected: object) -> None:
    """What 3.4 brought, the installed server does not accept yet, so there is no block for it."""
    text = f"listen stats\n    mode http\n    bind :8404\n    stats enable\n    stats uri /s\n    {lines}\n"
    (banner,) = facts(Banner, text, Dockerfile=f"FROM {image}\n")
    assert banner.shows_version.effective is expected


@pytest.mark.parametrize(
    ("options", "bind", "expected"),
    [
        ("ssl-min-ver TLSv1.0", "", "TLSv1"),
        ("ssl-min-ver TLSv1.0", "ssl-min-ver TLSv1.3", "TLSv1.3"),
        ("force-tlsv12", "", "TLSv1.2"),
        ("no-tlsv10", "", "TLSv1.2"),
        ("", "ssl-max-ver TLSv1.2", "TLSv1.2"),
    ],
)
def test_bind_goes_before_the_defaults(options: str, bind: str, expected: str) -> None:
    text = f"global\n    ssl-default-bind-options {options}\n" + www().replace("api.pem", f"api.pem {bind}")
    (listener,) = facts(Listener, text)
    assert listener.protocols is not None
    assert listener.protocols.known(())[0] == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("http-request redirect scheme https unless { ssl_fc }", True),
        ("http-request redirect scheme https if !{ ssl_fc }", True),
        ("redirect scheme https if { ssl_fc,not }", True),
        ("redirect location https://www.example.com/", True),
        (
            "http-request redirect scheme https unless { ssl_fc } or { path_beg /.well-known/acme-challenge/ }",
            True,
        ),
        ("http-request redirect scheme https if !{ ssl_fc } { hdr(host) -i a.example.com }", UNKNOWN),
        ("http-request redirect scheme https if { hdr(x-forwarded-proto) http }", UNKNOWN),
        ("http-request redirect scheme https if not_declared", UNKNOWN),
        ("http-request redirect scheme https if { ssl_fc }", UNKNOWN),
        ("http-request redirect location /new", False),
        ("http-request set-header X-Scheme https", False),
    ],
)
def test_redirects(rule: str, expected: object) -> None:
    text = f"{BASE}frontend www\n    bind :80\n    {rule}\n    default_backend api\n{API}"
    (listener,) = facts(Listener, text)
    assert listener.redirects_to_tls is not None
    assert listener.redirects_to_tls.value is expected


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (["http-response set-header X-Frame-Options DENY"], ("DENY", False)),
        (["http-after-response set-header X-Frame-Options DENY"], ("DENY", True)),
        (["http-after-response set-header X-Frame-Options DENY if { ssl_fc }"], ("DENY", True)),
        (["http-after-response set-header X-Frame-Options %[var(txn.x)]"], (UNKNOWN, True)),
        (['http-after-response set-header X-Frame-Options "${FRAMES}"'], (UNKNOWN, True)),
        (
            [
                "http-after-response set-header X-Frame-Options DENY",
                "http-after-response del-header X-Frame-Options",
            ],
            (ABSENT, False),
        ),
        (
            [".if defined(X)", "http-after-response set-header X-Frame-Options DENY", ".endif"],
            (UNKNOWN, True),
        ),
    ],
)
def test_headers(rules: list[str], expected: object) -> None:
    (headers,) = facts(ResponseHeaders, www(*rules))
    assert (headers["x-frame-options"].value, headers.on_errors("x-frame-options")) == expected


def test_before_2_2_there_is_no_rule_for_errors() -> None:
    text = www("http-response set-header X-Frame-Options DENY")
    (headers,) = facts(ResponseHeaders, text, Dockerfile="FROM haproxy:2.0\n")
    assert headers.on_errors("x-frame-options")


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("", [OriginKind.REFLECTED]),
        ("if { var(txn.origin) -m found }", [OriginKind.REFLECTED]),
        ("if { var(txn.origin) -m str https://a https://b }", [OriginKind.EXACT] * 2),
        ("if { var(txn.origin) -m str null }", [OriginKind.NULL]),
        ("if { var(txn.origin) -m reg ^https://a$ }", [OriginKind.PATTERN]),
        ("if { var(txn.origin) -m str -f origins.lst }", None),
        ("unless { var(txn.origin) -m str https://a }", None),
        ("if !{ var(txn.origin) -m str https://a }", None),
        ("if somebody", None),
    ],
)
def test_origins(test: str, expected: list[OriginKind] | None) -> None:
    rule = f"http-response set-header Access-Control-Allow-Origin %[var(txn.origin)] {test}"
    (policy,) = facts(CorsPolicy, www("http-request set-var(txn.origin) req.hdr(Origin)", rule))
    found = policy.origins.known(None)
    assert (None if found is None else [r.kind for r in found]) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["http-request deny unless { method GET POST }"], ("GET", "POST")),
        (["http-request deny if !METH_GET !METH_POST"], ("GET", "HEAD", "POST")),
        (["acl ok method GET", "acl ok method PUT", "http-request deny if !ok"], ("GET", "PUT")),
        (["http-request deny if { method TRACE }"], ABSENT),
        (["http-request deny if { path_beg /x } !{ method GET }"], ABSENT),
    ],
)
def test_verbs(lines: list[str], expected: object) -> None:
    route = next(r for r in facts(Route, www(*lines)) if r.path == "/")
    assert route.methods.value == expected


def test_refused_paths_are_routes() -> None:
    found = [r for r in facts(Route, www("http-request deny if { path_beg /admin /debug }")) if r.refuses]
    assert [(r.path, r.match) for r in found] == [("/admin", "prefix"), ("/debug", "prefix")]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["http-request deny unless { src 10.0.0.0/8 }"], False),
        (["http-request deny if { path_beg /stats } !{ src 10.0.0.0/8 }"], False),
        (["http-request auth unless { http_auth(staff) }"], False),
        (["tcp-request connection reject if !{ src 10.0.0.0/8 }"], False),
        (["http-request deny if { path_beg /admin } !{ src 10.0.0.0/8 }"], True),
        (["http-request silent-drop if { src -f blocked.lst }"], True),
    ],
)
def test_who_may_see_statistics(lines: list[str], expected: bool) -> None:
    found = [f for f in facts(Feature, www("stats uri /stats", *lines)) if f.name is Switch.CONSOLE]
    assert [f.on.value for f in found] == [expected]


@pytest.mark.parametrize(
    ("server", "encrypted", "verified"),
    [
        ("server a 10.0.0.1:443 ssl", True, True),
        ("server a 10.0.0.1:443 ssl verify none", True, False),
        ("server a 10.0.0.1:80", False, None),
        ("default-server ssl verify none\n    server a 10.0.0.1:443", True, False),
        ("default-server ssl verify none\n    server a 10.0.0.1:80 no-ssl", False, None),
        ("default-server ssl verify none\n    server a 10.0.0.1:443 verify required", True, True),
        ("mode tcp\n    server a 10.0.0.1:443", UNKNOWN, None),
    ],
)
def test_servers(server: str, encrypted: object, verified: bool | None) -> None:
    (upstream,) = facts(Upstream, f"{BASE}backend api\n    {server}\n")
    assert upstream.encrypted is not None and upstream.encrypted.value is encrypted
    assert (upstream.verified.effective if upstream.verified else None) is verified


def test_every_fix_is_made_once_and_leaves_nothing_to_do(tmp_path: Path) -> None:
    text = (
        "global\n    ssl-server-verify none\n    ssl-default-bind-options ssl-min-ver TLSv1.0\n"
        "defaults\n    mode http\n    timeout connect 5s\n    option accept-invalid-http-request\n"
        "frontend www\n    bind :80\n    bind :443 ssl crt /tls/api.pem ciphers HIGH\n"
        '    http-response set-header Access-Control-Allow-Origin "*"\n'
        "    http-response set-header X-XSS-Protection 1\n    default_backend api\n"
        "backend api\n    server one api.example.com:443 ssl\n"
        "listen stats\n    bind 127.0.0.1:8404\n    stats enable\n"
    )
    (tmp_path / "haproxy.cfg").write_text(text)
    made = plan(Workspace(tmp_path), POLICY, Wish(accept=frozenset({Safety.SAFE, Safety.RISKY})))
    after = reviewed(made.texts["haproxy.cfg"], tmp_path)
    assert after.problems == []
    assert [f.control for f in after.findings if f.fix is not None and f.fix.edits] == []
    assert len(made.fixed) > 10


@installed
@pytest.mark.parametrize("text", turn("blocks", BLOCKS, 60))
def test_haproxy_accepts_every_block_of_the_pages(text: str, tmp_path: Path) -> None:
    space = Workspace(tmp_path, {"haproxy.cfg": text})
    for name, copied in validator.copies(load(UNIT, space), space).items():
        (tmp_path / name).write_bytes(copied.replace(COPY.encode(), str(tmp_path).encode()))
    copy = tmp_path / "file0.cfg"
    done = subprocess.run(
        [validator.haproxy(), "-c", "-f", str(copy)],
        capture_output=True,
        text=True,
        check=False,
        timeout=validator.BOUNDS.seconds,
        env={**os.environ, **ENVIRONMENT},
    )
    assert done.returncode == 0, done.stderr
    assert "will never match" not in done.stderr
    assert accepted(validator.validate(UNIT, space), text)


def accepted(verdict: Verdict, text: str) -> bool:
    """Whether HAProxy took a text, as far as it can be asked: where the environment sets a value it stops there."""
    return verdict is True or (
        isinstance(verdict, NotAsked) and verdict.ran and re.search(r'["\s:]\$', text) is not None
    )


@installed
@pytest.mark.parametrize("text", turn("fixes", BLOCKS, 50))
def test_haproxy_accepts_all_fixes_of_a_block_together(text: str, tmp_path: Path) -> None:
    findings = reviewed(text, tmp_path).findings
    done = [f for f in findings if f.fix is not None and f.fix.edits]
    for finding in done:
        assert finding.fix is not None
        space = Workspace(tmp_path, {"haproxy.cfg": apply(text, finding.fix.edits)})
        assert accepted(validator.validate(UNIT, space), text), (finding.control, space.overlay)


@installed
def test_haproxy_names_the_line_that_it_refuses() -> None:
    problem = validator.validate(
        UNIT, workspace(haproxy=BASE + "frontend www\n    bind :80\n    mode nonsense\n")
    )
    assert problem is not None
    assert (problem.source, problem.line) == ("haproxy.cfg", 8)


@installed
def test_what_only_this_machine_lacks_is_no_refusal() -> None:
    text = (
        "global\n    chroot /var/empty/none\n    user nobody-here\n    stats socket /run/none/admin.sock\n"
        + BASE
        + 'frontend www\n    bind :443 ssl crt /none.pem\n    bind "${ADDRESS}:80"\n    default_backend api\n'
        "backend api\n    server one nowhere.invalid:80 ssl ca-file /none.pem\n"
    )
    assert validator.validate(UNIT, workspace(haproxy=text)) is True


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_configurations_are_read_or_refused(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([str(p.values[0]) for p in BLOCKS]))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    broken = text[:start] + data.draw(st.text(" \n\"'\\{}%[]!if", max_size=4)) + text[end:]
    result = review(Workspace("/nonexistent", {"haproxy.cfg": broken}), POLICY)
    assert [p for p in result.problems if "internal error" in p.hint] == []
