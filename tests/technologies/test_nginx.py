"""What pages cannot show: several files, odd input, and nginx's own word on what is read and written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batten.cell import NotAsked
from batten.engine.review import Review, review
from batten.facts import CorsPolicy, Fact, Limits, Listener, OriginKind, ResponseHeaders, Route, Upstream
from batten.formats import SyntaxProblem, Workspace, apply
from batten.formats.nginx import parse
from batten.model import ABSENT, UNKNOWN, Edit, Problem
from batten.policy import Policy
from batten.technologies import Unit, Verdict, named_like, recognised
from batten.technologies.edges.nginx.adapter import read, units
from batten.technologies.edges.nginx.captures import takes_line_breaks
from batten.technologies.edges.nginx.limits import seconds, size
from batten.technologies.edges.nginx.tls.listeners import address_of
from batten.technologies.edges.nginx.validator import nginx, validate
from batten.technologies.edges.nginx.versions import protocols
from batten.technologies.shared.edges.origins import anchors
from batten.technologies.shared.inventory import inventory
from needs import needs
from spending import at_most

F = TypeVar("F", bound=Fact)
PAGES = Path(__file__).parent.parent / "pages"
BLOCKS = [
    block
    for page in sorted(PAGES.glob("*/*.md"))
    for block in re.findall(
        r"^```nginx (?:bad|good)[^\n]*\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL
    )
]


def parses(text: str) -> bool:
    try:
        parse(text)
    except SyntaxProblem:
        return False
    return True


READABLE = [block for block in dict.fromkeys(BLOCKS) if parses(block)]
MAIN = "events {}\nhttp {\n    server_tokens off;\n    include /etc/nginx/conf.d/*.conf;\n}\n"


def workspace(**files: str) -> Workspace:
    return Workspace("/nonexistent", {k.replace("__", "/") + ".conf": v for k, v in files.items()})


def facts(kind: type[F], text: str) -> list[F]:
    space = workspace(nginx=text)
    return [f for f in read(Unit("nginx", ("nginx.conf",)), space) if isinstance(f, kind)]


def reviewed(text: str) -> Review:
    return review(workspace(nginx=text), Policy(origins=("https://shop.example.com",)))


def test_included_files_belong_to_their_main_file() -> None:
    space = workspace(nginx=MAIN, **{"conf.d__api": "server { listen 80; }", "old": "server { listen 81; }"})
    found = units(["conf.d/api.conf", "nginx.conf", "old.conf"], space)
    assert [u.files for u in found] == [("nginx.conf", "conf.d/api.conf"), ("old.conf",)]


def test_a_setting_is_read_and_fixed_in_the_file_it_stands_in() -> None:
    space = workspace(nginx=MAIN, **{"conf.d__api": "server {\n    listen 80;\n    server_tokens on;\n}\n"})
    (finding,) = [f for f in review(space, Policy()).findings if f.control == "banner-hidden"]
    assert finding.fix is not None
    assert {e.source for e in finding.fix.edits} == {finding.at.source} == {"conf.d/api.conf"}


FILES = "location /files {\n    alias /home/;\n    autoindex on;\n}\n"
SERVER = f"server {{\n    listen 80;\n{FILES}}}\n"
WEAK = {"traversal-free", "listing-off", "file-not-served"}
INHERITED = {"banner-hidden", "nosniff-sent", "http-limits-set"}  # what an http block around could set


def found_in(files: dict[str, str]) -> set[str]:
    return {f.control for f in review(Workspace("/nonexistent", files), Policy()).findings}


@pytest.mark.parametrize(
    ("files", "known"),
    [
        ({"snippets/files.conf": FILES}, False),
        ({"deploy/files.conf": FILES}, False),
        ({"etc/nginx/sites-available/api": SERVER}, False),
        ({"deploy/api.conf": SERVER}, False),
        ({"nginx.conf": SERVER}, True),
        ({"nginx.conf": f"http {{\n{SERVER}}}\n"}, True),
        ({"deploy/nginx.conf": "events {}\nhttp { include conf.d/*.conf; }\n", "web/conf.d/api.conf": SERVER}, True),
        ({"compose.yaml": "services:\n  web:\n    volumes:\n      - ./api.conf:/etc/nginx/conf.d/default.conf:ro\n",
          "api.conf": SERVER}, True),
        ({"compose.prod.yaml": "services:\n  web:\n    volumes:\n      - ./api.conf:/etc/nginx/conf.d/default.conf:ro\n",
          "api.conf": SERVER}, True),
        ({"Dockerfile": "FROM nginx:1.29\nCOPY web/main.conf /etc/nginx/nginx.conf\nCOPY web/api /etc/nginx/conf.d/\n",
          "web/main.conf": "events {}\nhttp { include /etc/nginx/conf.d/*.conf; }\n", "web/api/api.conf": SERVER}, True),
    ],
)  # fmt: skip
def test_a_fragment_is_judged_but_for_what_its_surroundings_decide(
    files: dict[str, str], known: bool
) -> None:
    found = found_in(files)
    assert found >= WEAK
    assert found & INHERITED == (INHERITED if known else set())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"http {{\n{SERVER}}}\n", True),
        (f"events {{}}\nhttp {{\n{SERVER}}}\n", False),
        (f"include modules-enabled/*.conf;\nhttp {{\n{SERVER}}}\n", True),
        (f"include elsewhere/*.conf;\nhttp {{\n{SERVER}}}\n", False),
        (SERVER, False),
    ],
)
def test_a_main_file_without_events_is_judged_and_told(text: str, told: bool) -> None:
    result = review(Workspace("/nonexistent", {"nginx.conf": text}), Policy())
    assert {f.control for f in result.findings} >= WEAK
    problems = [p.message for p in result.problems if p.source == "nginx.conf"]
    assert problems == (["there is no `events` block, without which nginx does not start"] if told else [])


def test_an_include_that_two_folders_may_be_stays_unread() -> None:
    main = "events {}\nhttp { include conf.d/*.conf; }\n"
    space = Workspace(
        "/nonexistent", {"a/nginx.conf": main, "b/conf.d/x.conf": SERVER, "c/conf.d/x.conf": SERVER}
    )
    assert [u.files for u in units(["a/nginx.conf", "b/conf.d/x.conf", "c/conf.d/x.conf"], space)] == [
        ("a/nginx.conf",),
        ("b/conf.d/x.conf",),
        ("c/conf.d/x.conf",),
    ]


@needs("nginx", nginx())
@pytest.mark.parametrize(
    "text", [FILES, "alias /srv/files/;\nautoindex on;\n", "allow 10.0.0.0/8;\ndeny all;\n"]
)
def test_parts_of_a_server_are_validated_in_one(text: str) -> None:
    space = Workspace("/nonexistent", {"snippets/part.conf": text})
    assert validate(Unit("nginx", ("snippets/part.conf",)), space) is True
    wrong = Workspace("/nonexistent", {"snippets/part.conf": f"{text}autoindex maybe;\n"})
    assert isinstance(validate(Unit("nginx", ("snippets/part.conf",)), wrong), Problem)


def test_files_of_one_conf_d_share_their_http_block() -> None:
    space = workspace(**{"conf.d__a": "map $x $y { default 1; }", "conf.d__b": "server { listen 80; }"})
    assert [u.files for u in units(["conf.d/a.conf", "conf.d/b.conf"], space)] == [
        ("conf.d/a.conf", "conf.d/b.conf")
    ]


def test_a_broken_include_is_a_problem_with_its_line_and_hides_settings() -> None:
    space = workspace(nginx=MAIN, **{"conf.d__bad": "\n\nserver {", "conf.d__api": "server { listen 80; }"})
    outcomes = list(read(Unit("nginx", ("nginx.conf",)), space))
    (problem,) = [o for o in outcomes if isinstance(o, Problem)]
    assert (problem.source, problem.line) == ("conf.d/bad.conf", 3)
    (limits,) = [o for o in outcomes if isinstance(o, Limits)]
    assert limits.rate is not None and limits.rate.value is UNKNOWN


def test_include_cycles_end() -> None:
    space = workspace(
        nginx="http { include a.conf; } events {}", a="include b.conf;", b="include a.conf; include *.conf;"
    )
    assert list(read(Unit("nginx", ("nginx.conf",)), space)) == []


def test_links_from_sites_enabled_are_read_where_they_lie(tmp_path: Path) -> None:
    (tmp_path / "sites-available").mkdir()
    (tmp_path / "sites-enabled").mkdir()
    (tmp_path / "nginx.conf").write_text("events {}\nhttp { include sites-enabled/*; }\n")
    (tmp_path / "sites-available" / "api").write_text("server { listen 8080; }\n")
    (tmp_path / "sites-available" / "unused").write_text("server { listen 8081; }\n")
    (tmp_path / "sites-enabled" / "api").symlink_to("../sites-available/api")
    found = review(tmp_path, Policy())
    assert [u.files for u in found.units] == [("nginx.conf", "sites-available/api")]
    assert found.problems == []


@pytest.mark.parametrize(
    ("text", "address", "port"),
    [
        ("80", "0.0.0.0", 80),
        ("*:8080", "0.0.0.0", 8080),
        ("127.0.0.1", "127.0.0.1", 80),
        ("[::]:443", "::", 443),
        ("[::1]", "::1", 80),
        ("localhost:81", "localhost", 81),
        ("unix:/run/x.sock", "unix:/run/x.sock", 0),
        ("${PORT}", UNKNOWN, UNKNOWN),
    ],
)
def test_addresses(text: str, address: object, port: object) -> None:
    assert address_of(text) == (address, port)


def test_listeners() -> None:
    text = """stream { server { listen 6380 ssl; proxy_pass cache:6379; } }
    events {}
    http { ssl_protocols TLSv1.2; server { listen 443 quic; listen 80; listen $P; } server { ssl on; } }"""
    found = facts(Listener, text)
    assert [(f.port.value, f.tls.effective, f.http) for f in found] == [
        (443, True, True),
        (80, False, True),
        (UNKNOWN, False, True),
        (80, True, True),
        (6380, True, False),
    ]
    assert found[0].protocols is not None and found[0].protocols.value == ("TLSv1.2",)


def test_headers_are_inherited_as_nginx_does() -> None:
    text = """server { listen 80; add_header A 1 always; add_header B 2;
    location /x { add_header C $c; if ($a) { add_header A 3; } } }"""
    server, location, condition = facts(ResponseHeaders, text)
    assert server["a"].value == "1" and server.on_errors("A") and not server.on_errors("b")
    assert location["c"].value is UNKNOWN and set(location.dropped) == {"a", "b"}
    assert set(condition.dropped) == {"c"} and condition["a"].value == "3"


def test_verbs() -> None:
    text = """server { listen 80; location /a { limit_except GET { deny all; } proxy_pass http://x; }
    location /b { if ($request_method !~ ^(GET|POST)$) { return 405; } proxy_pass http://x; }
    location /c { proxy_pass http://x; } location /d { root /srv; } }"""
    assert [r.methods.effective for r in facts(Route, text)] == [
        ("GET", "HEAD"),
        ("GET", "POST"),
        ABSENT,
        ("GET", "HEAD"),
    ]


def test_origins_of_a_map() -> None:
    text = """map $http_origin $o { default ""; https://a $http_origin; "~^https://b" $http_origin; }
    server { listen 80; add_header Access-Control-Allow-Origin $o; }"""
    (policy,) = facts(CorsPolicy, text)
    rules = policy.origins.known(())
    assert [(r.kind, r.text.value) for r in rules] == [
        (OriginKind.EXACT, "https://a"),
        (OriginKind.PATTERN, "^https://b"),
    ]
    assert (rules[1].anchored_start, rules[1].anchored_end) == (True, False)


def test_upstream_blocks_are_followed() -> None:
    text = """upstream u { server 127.0.0.1:8000; server away.example.net:81; }
    server { listen 80; location / { set $t http://u; proxy_pass $t; } location /s { proxy_pass http://unix:/run/x:/; } }"""
    first, second = facts(Upstream, text)
    assert (first.host, first.port, first.local) == ("away.example.net", 81, False)
    assert second.local


def test_sizes_times_anchors_and_versions() -> None:
    assert (size(["8k"]), size(["1G"]), size(["x"])) == (8192, 1 << 30, None)
    assert (seconds(["1m30s"]), seconds(["500ms"]), seconds(["10"]), seconds(["soon"])) == (90, 0.5, 10, None)
    assert (anchors("^a$"), anchors("^a$|b$"), anchors("(^a|^b)"), anchors(r"^a\$")) == (
        (True, True),
        (False, True),
        (True, False),
        (True, False),
    )
    assert protocols("") is UNKNOWN and protocols("1.27") is UNKNOWN
    assert "TLSv1" in str(protocols("1.26.3")) and protocols("1.27.3") == ("TLSv1.2", "TLSv1.3")


@pytest.mark.parametrize(
    ("path", "text", "wanted"),
    [
        ("nginx.conf", "server {\n  listen 80;\n}\n", True),
        ("app.conf", "server { server_name api.example.com; }", True),
        ("php-fpm.conf", "[www]\nlisten = 127.0.0.1:9000\n", False),
        ("application.conf", "server {\n  port = 8080\n}\n", False),
        ("apache.conf", "Listen 80\nServerName x\n", False),
    ],
)
def test_files_are_recognised_by_what_only_nginx_writes(path: str, text: str, wanted: bool) -> None:
    assert ("nginx" in [t.name for t in recognised(named_like(path), text)]) is wanted


@needs("nginx", nginx())
def test_nginx_is_asked_and_quoted() -> None:
    unit = Unit("nginx", ("conf.d/api.conf",))
    good = "server { listen 443 ssl; ssl_certificate /x.pem; ssl_certificate_key /x.key; location / { proxy_pass http://api:1; } }"
    assert validate(unit, workspace(**{"conf.d__api": good})) is True
    problem = validate(unit, workspace(**{"conf.d__api": good.replace("}", "}\nserver_tokens maybe;", 1)}))
    assert isinstance(problem, Problem)
    assert (problem.source, problem.line) == ("conf.d/api.conf", 2)
    assert "maybe" in problem.message


@needs("nginx", nginx())
def test_nginx_takes_every_block_of_the_pages() -> None:
    for block in READABLE:
        space = workspace(nginx=block)
        for unit in units(["nginx.conf"], space):
            verdict = validate(unit, space)
            assert agreed(verdict) or elsewhere(verdict), block


def elsewhere(verdict: Verdict) -> bool:
    """Whether nginx stopped at a directive of its inventory that this build has not: a commercial or a later one."""
    found = re.search(r'unknown directive "(\w+)"', verdict.reason) if isinstance(verdict, NotAsked) else None
    listed = inventory("nginx")
    return found is not None and listed is not None and any(one.name == found[1] for one in listed.settings)


# What this nginx was built without, or a variable that only the deployment sets: it then says nothing of the rest.
LACKS = re.compile(
    r"unknown \"(?:link_secret|app_env)\" variable|unknown directive \"(?:stream|mail|otel_exporter|add_header_inherit)\"|bind\(\)"
)


def agreed(verdict: Verdict) -> bool:
    """Whether nginx agrees, or says that it cannot know for a reason that is listed here."""
    return verdict is True or (isinstance(verdict, NotAsked) and LACKS.search(verdict.reason) is not None)


@needs("nginx", nginx())
def test_nginx_takes_all_fixes_of_a_file_together() -> None:
    for block in READABLE[::3]:
        found = reviewed(block)
        text = apply(
            block, [e for f in found.findings if f.fix for e in f.fix.edits if e.source == "nginx.conf"]
        )
        units_here = [u for u in found.units if u.technology == "nginx"]
        for unit in units_here:
            assert agreed(validate(unit, workspace(nginx=text))), text


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A real configuration with some of its words lost or exchanged."""
    words = re.split(r"(\s+|[;{}])", draw(st.sampled_from(BLOCKS)))
    for _ in range(draw(st.integers(1, 6))):
        words[draw(st.integers(0, len(words) - 1))] = draw(
            st.sampled_from(["", ";", "}", "{", "~", "$x", "all", '"'])
        )
    return "".join(words)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(damaged())
def test_damaged_files_are_read_or_refused(text: str) -> None:
    found = reviewed(text)
    assert [p for p in found.problems if "internal error" in p.hint] == []
    for fix in fixes(found):
        parse(apply(text, fix))


def fixes(found: Review) -> Iterator[list[Edit]]:
    for finding in found.findings:
        if finding.fix is not None:
            yield [e for e in finding.fix.edits if e.source == "nginx.conf"]


def test_a_thousand_servers_take_little_time() -> None:
    text = "".join(
        f"server {{ listen 80; server_name s{n}.example.com; location / {{ proxy_pass http://h{n}; }} }}\n"
        for n in range(1000)
    )
    with at_most(10):
        assert len(facts(Listener, text)) == 1000


def test_a_truncated_main_file_is_a_syntax_problem() -> None:
    with pytest.raises(SyntaxProblem):
        list(read(Unit("nginx", ("nginx.conf",)), workspace(nginx="http { server {")))


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_taking_a_line_away_leaves_the_other_bytes(newline: str) -> None:
    text = newline.join(["server {", "    listen 127.0.0.1:80;", "    access_log off; ", "}", ""])
    (finding,) = [f for f in reviewed(text).findings if f.control == "access-logged"]
    assert finding.fix is not None
    after = apply(text, finding.fix.edits)
    assert after == newline.join(["server {", "    listen 127.0.0.1:80;", "}", ""])


def test_no_credential_gets_into_a_finding() -> None:
    secret = "kp3Qz81LmTu6Wd0v"
    text = f"""map $http_x_api_key $client {{ default ""; "{secret}" partner; }}
    server {{ listen 80; set $api_key {secret};
    location / {{ proxy_set_header Authorization "Bearer {secret}"; proxy_pass http://127.0.0.1:1;
    if ($http_x_api_key != "{secret}") {{ add_header X-A 1; return 401; }} }} }}"""
    found = reviewed(text)
    assert len([f for f in found.findings if f.control == "secret-not-inline"]) == 4
    assert secret not in "".join(f"{f.message}{f.at.pointer}{f.at.source}" for f in found.findings)


def test_openssl_commands_make_the_protocols_unknown() -> None:
    text = "server { listen 443 ssl; ssl_protocols TLSv1.2; ssl_conf_command MinProtocol TLSv1; }"
    (listener,) = facts(Listener, text)
    assert listener.protocols is not None and listener.protocols.value is UNKNOWN


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("[^/]*", True),
        (r"\s+", True),
        (r"[^/\s]*", False),
        (".*", False),
        (r"[\w-]+", False),
        (r"[^\n/]+", False),
    ],
)
def test_expressions_that_match_a_line_feed(pattern: str, wanted: bool) -> None:
    assert takes_line_breaks(pattern) is wanted
    assert bool(re.fullmatch(pattern, "\n")) is wanted


@pytest.mark.parametrize(
    ("purge", "open_to_all"),
    [
        ("proxy_cache_purge api $1$is_args$args;", True),
        ("allow 127.0.0.1; deny all; proxy_cache_purge api $1;", False),
        ("proxy_cache_purge $purge_method;", False),
        ("fastcgi_cache_purge PURGE from all;", True),
        ("fastcgi_cache_purge PURGE from 127.0.0.1;", False),
    ],
)
def test_a_purge_of_the_cache_is_for_few(purge: str, open_to_all: bool) -> None:
    """ngx_cache_purge and the commercial directive, neither of which is installed."""
    found = reviewed(
        f"events {{}} http {{ server {{ listen 80; location ~ /purge(/.*) {{ {purge} }} }} }}"
    ).findings
    assert any(f.control == "console-not-exposed" for f in found) is open_to_all


def test_lua_code_is_loaded_once() -> None:
    """The module of the case is not loaded where tests ask nginx."""
    text = "events {} http { lua_code_cache off; server { listen 80; location / { content_by_lua_file /a.lua; } } }"
    (finding,) = [f for f in reviewed(text).findings if f.control == "debug-off"]
    assert finding.fix is not None
    assert "lua_code_cache on;" in apply(text, finding.fix.edits)


def test_a_server_of_many_locations_takes_little_time() -> None:
    text = "".join(
        f"location ~ ^/l{n}/([^/]+)$ {{ auth_basic x; proxy_pass http://u/$1; }}\n"
        f"location /p{n} {{ deny all; error_page 403 = @a; rewrite ^ /q last; }}\n"
        for n in range(1000)
    )
    with at_most(20):
        assert len(facts(Route, f"server {{ listen 80; {text} }}")) == 2000
