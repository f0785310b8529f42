"""What pages cannot show: several files, odd input, and httpd's own word on what is read and written."""

from __future__ import annotations

import re
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
    CorsPolicy,
    Fact,
    Feature,
    Limits,
    Listener,
    OriginKind,
    ResponseHeaders,
    Route,
    Upstream,
    WebRoot,
)
from batten.formats import SyntaxProblem, Workspace, apply
from batten.formats.apache import parse
from batten.model import ABSENT, UNKNOWN, Problem, Safety, Switch
from batten.policy import Policy
from batten.technologies import Unit, named_like, recognised
from batten.technologies.edges.apache import validator
from batten.technologies.edges.apache.adapter import read, units
from batten.technologies.edges.apache.includes import load
from batten.technologies.edges.apache.limits import seconds
from batten.technologies.edges.apache.roots import options
from batten.technologies.edges.apache.tls.listeners import protocols
from needs import needs
from proofs import turn

F = TypeVar("F", bound=Fact)
PAGES = Path(__file__).parent.parent / "pages"
UNIT = Unit("apache", ("httpd.conf",))
BLOCKS = [
    pytest.param(text, name, id=f"{page.parent.name}-{kind}-{number}")
    for page in sorted(PAGES.glob("*/*.md"))
    if page.parent.name != "config-parses"
    for number, (kind, info, text) in enumerate(
        re.findall(
            r"^```apache (bad|fixed|good)([^\n]*)\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL
        )
    )
    for name in [next((w[5:] for w in info.split() if w.startswith("file=")), "httpd.conf")]
]
installed = needs("httpd", (validator.httpd() and validator.modules()))
POLICY = Policy(origins=("https://shop.example.com",))


def facts(kind: type[F], text: str, name: str = "httpd.conf", **more: str) -> list[F]:
    space = Workspace("/nonexistent", {name: text, **more})
    return [f for f in read(Unit("apache", (name,)), space) if isinstance(f, kind)]


def host(*lines: str) -> str:
    """A configuration whose virtual host, on TLS, has these lines."""
    body = "".join(f"    {line}\n" for line in ("ServerName api.example.com", "SSLEngine on", *lines))
    return f"Listen 443\n<VirtualHost *:443>\n{body}</VirtualHost>\n"


def reviewed(text: str, root: Path, name: str = "httpd.conf") -> Review:
    return review(Workspace(root, {name: text}), POLICY)


# --- syntax ---


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Header set X a", ["set", "X", "a"]),
        ('Header set X "a \\"b\\" c"', ["set", "X", 'a "b" c']),
        ("Header set X 'a \"b\"'", ["set", "X", 'a "b"']),
        ('ErrorDocument 404 "Not here', ["404", "Not here"]),
        ("RewriteRule ^/a\\.b$ /c\\\\d", ["^/a\\.b$", "/c\\d"]),
        ("ServerAlias a \\\n  b", ["a", "b"]),
        ("ServerAlias a\\\nb", ["ab"]),
        ("Alias /a#b /c", ["/a#b", "/c"]),
    ],
)
def test_words(line: str, expected: list[str]) -> None:
    (directive,) = parse(f"# before\n\t{line}  \n").children
    assert directive.values == expected


def test_spans_hold_what_is_written() -> None:
    text = '# a \\\n still a comment\n<Directory "/srv">\r\n  Options \\\n   +Indexes\n</Directory>\n'
    (section,) = parse(text).children
    (option,) = section.children
    assert text[section.span.start : section.span.end].endswith("</Directory>")
    assert text[section.head.start : section.head.end] == '<Directory "/srv">'
    assert text[option.span.start : option.span.end] == "Options \\\n   +Indexes"
    assert text[option.args[0].start : option.args[0].end] == "+Indexes"


@pytest.mark.parametrize(
    ("text", "words", "offset"),
    [
        ("Listen 80\n</Files>\n", "closes nothing", 10),
        ("<Files a>\n</Directory>\n", "is open", 10),
        ("<Files a>\n", "is not closed", 0),
        ("<Files a\n", "no '>'", 0),
        ("<>\n", "without a name", 0),
        ("<a>\n" * 300, "nested deeper", 400),
    ],
)
def test_what_is_no_configuration_says_where(text: str, words: str, offset: int) -> None:
    with pytest.raises(SyntaxProblem, match=words) as caught:
        parse(text)
    assert caught.value.offset == offset and caught.value.hint


@settings(max_examples=300, deadline=None)
@given(st.text("<>/ab \"'\\\n#\t", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        tree = parse(text)
    except SyntaxProblem as error:
        assert 0 <= error.offset <= len(text) and error.hint
    else:
        for directive in tree.walk():
            assert directive.name == text[directive.span.start :].lstrip("<\"'").lower()[:0] + directive.name
            assert 0 <= directive.span.start < directive.span.end <= len(text)
            assert all(directive.span.start <= a.start <= a.end <= directive.span.end for a in directive.args)


# --- which files ---


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("httpd.conf", "ServerRoot /etc/httpd\nListen 80\n", "apache"),
        ("sites-enabled/api", "<VirtualHost *:80>\n  ServerName a\n</VirtualHost>\n", "apache"),
        (".htaccess", "RewriteEngine On\nRewriteRule ^a$ b [L]\n", "apache"),
        ("web/.htaccess", "Options -Indexes\n", "apache"),
        ("nginx.conf", "server {\n  listen 80;\n  location / { proxy_pass http://a; }\n}\n", "nginx"),
        ("conf.d/api.conf", "server {\n    server_name a;\n    root /srv;\n}\n", "nginx"),
        ("redis.conf", "port 6379\n", "redis"),
        ("app.conf", "ServerName = a\nDocumentRoot: /srv\n", ""),
        ("fonts.conf", "<?xml version='1.0'?>\n<fontconfig>\n<dir>/usr</dir>\n</fontconfig>\n", ""),
    ],
)
def test_a_configuration_is_told_by_its_sections_and_directives(path: str, text: str, expected: str) -> None:
    found = {t.name for t in recognised(named_like(path), text)}
    assert ("apache" in found) is (expected == "apache")
    assert not expected or expected in found


DEBIAN = {
    "etc/apache2/apache2.conf": (
        "Include ports.conf\nIncludeOptional mods-enabled/*.load\nIncludeOptional conf-enabled/*.conf\n"
        "IncludeOptional sites-enabled/*.conf\n"
    ),
    "etc/apache2/ports.conf": "Listen 80\n<IfModule ssl_module>\n    Listen 443\n</IfModule>\n",
    "etc/apache2/mods-enabled/ssl.load": "LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so\n",
    "etc/apache2/conf-enabled/security.conf": "ServerTokens OS\nTraceEnable Off\n",
    "etc/apache2/sites-enabled/api.conf": "<VirtualHost *:80>\n    ServerName api.example.com\n</VirtualHost>\n",
    "etc/apache2/sites-available/old.conf": "<VirtualHost *:80>\n    ServerName old\n</VirtualHost>\n",
}


def test_files_that_are_included_are_one_configuration_and_what_is_not_enabled_is_none() -> None:
    space = Workspace("/nonexistent", DEBIAN)
    (unit,) = units(sorted(DEBIAN), space)
    assert unit.main == "etc/apache2/apache2.conf" and len(unit.files) == 5
    found = {(f.control, f.at.source) for f in review(space, POLICY).findings}
    assert ("banner-hidden", "etc/apache2/conf-enabled/security.conf") in found
    assert not any(control == "trace-disabled" for control, _ in found)
    assert ("nosniff-sent", "etc/apache2/sites-enabled/api.conf") in found


def test_an_include_that_is_not_here_hides_what_it_may_hold() -> None:
    text = "Listen 443\nIncludeOptional conf-enabled/*.conf\nServerName a\n"
    assert all(r.trace is None or r.trace.value is UNKNOWN for r in facts(Route, text))
    (headers,) = facts(ResponseHeaders, text)
    assert headers["x-frame-options"].value is UNKNOWN
    (limits,) = facts(Limits, text)
    assert limits.body is not None and limits.body.value is UNKNOWN


def test_a_broken_include_is_a_problem_with_its_line() -> None:
    space = Workspace(
        "/nonexistent", {"httpd.conf": "Listen 80\nInclude bad.conf\n", "bad.conf": "\n<Files a\n"}
    )
    outcomes = list(read(UNIT, space))
    assert [(o.source, o.line) for o in outcomes if isinstance(o, Problem)] == [("bad.conf", 2)]


def test_includes_in_a_circle_end() -> None:
    space = Workspace(
        "/nonexistent", {"httpd.conf": "Listen 80\nInclude a.conf\n", "a.conf": "Include httpd.conf\n"}
    )
    assert load(UNIT, space).files == ("httpd.conf", "a.conf")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("<IfModule mod_headers.c>\nHeader always set X-A b\n</IfModule>", "b"),
        ("<IfModule !mod_headers.c>\nHeader always set X-A b\n</IfModule>", UNKNOWN),
        (
            "LoadModule alias_module a.so\n<IfModule headers_module>\nHeader always set X-A b\n</IfModule>",
            ABSENT,
        ),
        ("<IfDefine PROD>\nHeader always set X-A b\n</IfDefine>", UNKNOWN),
        ("Define PROD\n<IfDefine PROD>\nHeader always set X-A b\n</IfDefine>", "b"),
        ("<IfVersion >= 2.4>\nHeader always set X-A b\n</IfVersion>", "b"),
        ("<IfVersion < 2.4>\nHeader always set X-A b\n</IfVersion>", ABSENT),
        ("Define A b\nHeader always set X-A ${A}", "b"),
        ("Header always set X-A ${B}", UNKNOWN),
        ("Header always set X-A %{A}e", UNKNOWN),
        ("Header always set X-A b env=C", UNKNOWN),
        ("Header always set X-A b\nHeader always unset X-A", ABSENT),
        ('<If "true">\nHeader always set X-A b\n</If>', UNKNOWN),
    ],
)
def test_what_is_decided_at_the_start_and_what_is_not(lines: str, expected: object) -> None:
    text = f"Listen 443\n{lines}\n".replace("X-A", "X-Frame-Options")
    (headers,) = facts(ResponseHeaders, text)
    assert headers["x-frame-options"].value == expected


# --- facts ---


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("all -SSLv3", ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")),
        ("all -SSLv3 -TLSv1 -TLSv1.1", ("TLSv1.2", "TLSv1.3")),
        ("-all +TLSv1.2", ("TLSv1.2",)),
        ("TLSv1 TLSv1.2", ("TLSv1.2",)),
        ("TLSv9", None),
    ],
)
def test_protocols(words: str, expected: tuple[str, ...] | None) -> None:
    assert protocols(words.split()) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("60", 60.0),
        ("30s", 30.0),
        ("500ms", 0.5),
        ("2m", 120.0),
        ("2min", 120.0),
        ("1h", 3600.0),
        ("x", None),
    ],
)
def test_times(text: str, expected: float | None) -> None:
    assert seconds([text]) == expected


@pytest.mark.parametrize(
    ("words", "before", "expected"),
    [
        ("Indexes", {"includes"}, {"indexes"}),
        ("+Indexes", {"includes"}, {"includes", "indexes"}),
        ("-Indexes", {"includes", "indexes"}, {"includes"}),
        ("None", {"indexes"}, set()),
        ("All", set(), {"indexes", "includes", "followsymlinks", "execcgi"}),
    ],
)
def test_options(words: str, before: set[str], expected: set[str]) -> None:
    assert options(words.split(), frozenset(before)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Listen 8080\n", [("0.0.0.0", 8080)]),
        ("Listen [::1]:8080\n", [("::1", 8080)]),
        ("Listen 127.0.0.1:80\n<VirtualHost *:80>\n</VirtualHost>\n", [("127.0.0.1", 80)]),
        ("Listen 80\nListen 443\n<VirtualHost *:80>\n</VirtualHost>\n", [("0.0.0.0", 443), ("0.0.0.0", 80)]),
        (
            "Listen 80\n<VirtualHost 10.0.0.1:80 10.0.0.2:80>\n</VirtualHost>\n",
            [("10.0.0.1", 80), ("10.0.0.2", 80)],
        ),
        ("Listen 80\n<VirtualHost ${HOST}:80>\n</VirtualHost>\n", [(UNKNOWN, UNKNOWN)]),
    ],
)
def test_addresses(text: str, expected: list[tuple[object, object]]) -> None:
    assert [(f.address.value, f.port.value) for f in facts(Listener, text)] == expected


def test_headers_are_sent_with_errors_by_always_only() -> None:
    (headers,) = facts(ResponseHeaders, host("Header set X-A 1", "Header always set X-B 2"))
    assert (headers.on_errors("x-a"), headers.on_errors("x-b")) == (False, True)


def test_sections_have_the_headers_of_those_around_them() -> None:
    text = host(
        "Header always set X-A 1",
        '<Location "/v1">\n        Header always set X-B 2\n    </Location>',
        '<Location "/v1/x">\n        Header always set X-C 3\n    </Location>',
    )
    found = facts(ResponseHeaders, text)
    assert [sorted(f.sent) for f in found] == [["x-a"], ["x-a", "x-b"], ["x-a", "x-b", "x-c"]]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (['SetEnvIf Origin "^https://a$" O=$0'], [OriginKind.PATTERN]),
        (['SetEnvIf Origin "(.*)" O=$1'], [OriginKind.REFLECTED]),
        (["SetEnvIf Origin ^https://a$ O=https://a"], [OriginKind.EXACT]),
        (["SetEnvIf Referer ^https://a$ O=$0"], None),
        ([], None),
        (
            ["RewriteEngine On", "RewriteCond %{HTTP:Origin} ^https://a$", "RewriteRule .* - [E=O:%0]"],
            [OriginKind.PATTERN],
        ),
        (["RewriteEngine On", "RewriteRule .* - [E=O:%{HTTP:Origin}]"], None),
    ],
)
def test_origins(lines: list[str], expected: list[OriginKind] | None) -> None:
    text = host(*lines, 'Header always set Access-Control-Allow-Origin "%{O}e" env=O')
    (policy,) = facts(CorsPolicy, text)
    found = policy.origins.known(None)
    assert (None if found is None else [r.kind for r in found]) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (['<Location "/">', "AllowMethods GET POST", "</Location>"], ("GET", "POST", "HEAD")),
        (
            ['<Location "/">', "<LimitExcept GET>", "Require all denied", "</LimitExcept>", "</Location>"],
            ("GET", "HEAD"),
        ),
        (
            ["RewriteEngine On", "RewriteCond %{REQUEST_METHOD} !^(GET|POST)$", "RewriteRule .* - [R=405,L]"],
            ("GET", "POST"),
        ),
        (["RewriteEngine On", "RewriteCond %{REQUEST_METHOD} ^TRACE$", "RewriteRule .* - [F]"], ABSENT),
    ],
)
def test_verbs(lines: list[str], expected: object) -> None:
    route = next(r for r in facts(Route, host(*lines)) if r.path == "/")
    assert route.methods.value == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example.com/", (True, False, False)),
        ("http://a.example.com/", (False, None, False)),
        ("unix:/run/a.sock|http://localhost/", (False, None, True)),
        ("http://${HOST}/", (False, None, False)),
        ("balancer://pool/", (UNKNOWN, None, False)),
    ],
)
def test_upstreams(url: str, expected: tuple[object, object, bool]) -> None:
    (upstream,) = facts(Upstream, host(f'ProxyPass "/" "{url}"'))
    assert upstream.encrypted is not None
    verified = upstream.verified.value if upstream.verified else None
    assert (upstream.encrypted.value, verified, upstream.local) == expected


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([], True),
        (["Require local"], False),
        (["Require all granted"], True),
        (["Require all granted", "Require ip 10.0.0.0/8"], True),
        (["<RequireAll>", "Require all granted", "Require ip 10.0.0.0/8", "</RequireAll>"], False),
        (["Order deny,allow", "Deny from all", "Allow from 127.0.0.1"], False),
        (["Order allow,deny", "Allow from all"], True),
        (["Include more.conf"], False),
    ],
)
def test_who_may_see_the_status(rules: list[str], expected: bool) -> None:
    text = host('<Location "/server-status">', "SetHandler server-status", *rules, "</Location>")
    found = [f for f in facts(Feature, text) if f.name is Switch.METRICS]
    assert [f.on.value for f in found] == [expected]


def test_a_host_logs_where_the_main_server_does() -> None:
    (log,) = facts(AccessLog, "CustomLog logs/a combined\n" + host())
    assert log.access.value is True


def test_alias_and_folders_of_others_are_no_root_of_a_proxy() -> None:
    text = host('DocumentRoot "/srv/www"', 'ProxyPass "/" "http://127.0.0.1:8000/"')
    assert facts(WebRoot, text) == []


def test_files_below_a_root_here_are_found() -> None:
    text = host('DocumentRoot "/srv/www"', 'RedirectMatch 404 "\\.sql$"')
    more = {
        "compose.yaml": "services:\n  a:\n    volumes: [./web:/srv/www]\n",
        "web/.env": "A=b\n",
        "web/a.sql": "x",
    }
    more["compose.yaml"] = "services:\n  a:\n    volumes:\n      - ./web:/srv/www\n"
    (root,) = facts(WebRoot, text, **more)
    assert root.sensitive == (".env",)


# --- fixes, and httpd itself ---


def test_every_fix_is_made_once_and_leaves_nothing_to_do(tmp_path: Path) -> None:
    text = (
        "Listen 80\nListen 443\nServerTokens Full\nHttpProtocolOptions Unsafe\nFileETag All\n\n"
        "<VirtualHost *:80>\n    ServerName api.example.com\n</VirtualHost>\n\n"
        "<VirtualHost *:443>\n    ServerName api.example.com\n    SSLEngine on\n    SSLProtocol all\n"
        '    SSLCipherSuite HIGH\n    ProxyPreserveHost On\n    ProxyPass "/app/" "http://127.0.0.1:8000"\n'
        '    Header set Access-Control-Allow-Origin "*"\n    Header set X-XSS-Protection 1\n    SSLProxyEngine on\n'
        '    ProxyPass "/far/" "https://far.example.net/"\n    SetEnv DB_PASSWORD correct-horse\n'
        '    <Location "/server-status">\n        SetHandler server-status\n    </Location>\n'
        "    CustomLog /dev/null combined\n</VirtualHost>\n"
    )
    (tmp_path / "httpd.conf").write_text(text)
    made = plan(Workspace(tmp_path), POLICY, Wish(accept=frozenset({Safety.SAFE, Safety.RISKY})))
    after = reviewed(made.texts["httpd.conf"], tmp_path)
    assert after.problems == []
    assert [(f.control, f.message) for f in after.findings if f.fix is not None and f.fix.edits] == []
    assert len(made.fixed) > 15


def test_a_module_that_a_fix_needs_is_loaded() -> None:
    text = "LoadModule alias_module modules/mod_alias.so\nListen 443\nServerName a\n"
    findings = review(Workspace("/nonexistent", {"httpd.conf": text}), POLICY).findings
    fix = next(f.fix for f in findings if f.control == "nosniff-sent")
    assert fix is not None
    assert "LoadModule headers_module modules/mod_headers.so\n" in apply(text, fix.edits)


def test_a_secret_is_in_no_message_and_no_pointer(tmp_path: Path) -> None:
    text = (
        host('SetEnv DB_PASSWORD "correct-horse-battery"', 'RequestHeader set X-Api-Key "k7f93hs0d8fh2k5l"')
        + 'AuthLDAPBindPassword "wind-and-weather"\n'
    )
    found = [f for f in reviewed(text, tmp_path).findings if f.control == "secret-not-inline"]
    assert len(found) == 3
    for finding in found:
        shown = f"{finding.message} {finding.at.pointer} {finding.fix}"
        assert not re.search("horse|k7f93|weather", shown)


@installed
@pytest.mark.parametrize(("text", "name"), turn("blocks", BLOCKS, 60))
def test_httpd_accepts_every_block_of_the_pages(text: str, name: str, tmp_path: Path) -> None:
    assert validator.validate(Unit("apache", (name,)), Workspace(tmp_path, {name: text})) is True


@installed
def test_httpd_names_the_line_that_it_refuses() -> None:
    space = Workspace("/nonexistent", {"httpd.conf": "Listen 80\nTraceEnable perhaps\n"})
    problem = validator.validate(UNIT, space)
    assert isinstance(problem, Problem)
    assert (problem.source, problem.line) == ("httpd.conf", 2)


@installed
def test_what_only_this_machine_lacks_is_no_refusal_and_nothing_is_run(tmp_path: Path) -> None:
    trap = tmp_path / "ran"
    text = "User nobody-here\nLoadModule php_module modules/libphp.so\nInclude /etc/none/*.conf\n" + host(
        "SSLCertificateFile /none.pem",
        'DocumentRoot "/none"',
        f'SessionCryptoPassphrase "exec:/usr/bin/touch {trap}"',
        f'CustomLog "|/usr/bin/touch {trap}" combined',
        "php_flag display_errors off",
        'ProxyPass "/" "http://nowhere.invalid/"',
    )
    assert validator.validate(UNIT, Workspace("/nonexistent", {"httpd.conf": text})) is True
    assert not trap.exists()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_configurations_are_read_or_refused(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([str(p.values[0]) for p in BLOCKS]))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    broken = text[:start] + data.draw(st.text(" \n\"'\\<>%$/[]!^(", max_size=4)) + text[end:]
    result = review(Workspace("/nonexistent", {"httpd.conf": broken}), POLICY)
    assert [p for p in result.problems if "internal error" in p.hint] == []


POOL = """; A pool of PHP-FPM.
[www]
user = www-data
listen = /run/php/php8.4-fpm.sock
pm = dynamic
pm.max_children = 5
php_admin_value[error_log] = /var/log/fpm-php.www.log
php_flag[display_errors] = off
"""


@pytest.mark.parametrize("path", ["www.conf", "pool.d/www.conf", "sites-enabled/www.conf"])
def test_a_pool_of_php_fpm_is_no_configuration_of_httpd(path: str) -> None:
    assert [t.name for t in recognised(named_like(path), POOL)] == ["php"]


def test_a_flag_in_brackets_on_its_own_line_is_no_section_of_an_ini_file() -> None:
    text = "RewriteEngine On\nRewriteRule ^/old /new \\\n[R=301,L]\nSetEnv A=b\n"
    assert [t.name for t in recognised(named_like("httpd.conf"), text)] == ["apache"]


@installed
def test_what_httpd_does_not_reach_is_not_agreed() -> None:
    """A directive of a module that is not here ends the test of the file; what follows it may be wrong."""
    text = "Listen 443\nModuleThatIsNotHere on\nHeader always sett X-A b\n"
    verdict = validator.validate(UNIT, Workspace("/nonexistent", {"httpd.conf": text}))
    assert isinstance(verdict, NotAsked) and "ModuleThatIsNotHere" in verdict.reason
    assert str(verdict).startswith("httpd gave no verdict: ")


@installed
def test_a_file_that_is_included_in_a_section_is_not_agreed() -> None:
    files = {
        "httpd.conf": "Listen 443\n<VirtualHost *:443>\nInclude conf/common.conf\n</VirtualHost>\n",
        "conf/common.conf": "Header always sett X-A b\n",
    }
    verdict = validator.validate(UNIT, Workspace("/nonexistent", files))
    assert isinstance(verdict, NotAsked) and "conf/common.conf" in verdict.reason


SITE = "<VirtualHost *:80>\n  ServerName api.example.com\n  DocumentRoot /var/www\n</VirtualHost>\n"
WHOLE = "ServerRoot /usr/local/apache2\nListen 80\nTraceEnable off\n"


@pytest.mark.parametrize(
    "files",
    [
        {"docker/httpd.conf": f"{WHOLE}Include conf/extra/vhosts/*.conf\n", "deploy/own/a.conf": SITE,
         "Dockerfile": "FROM httpd:2.4\nCOPY docker/httpd.conf /usr/local/apache2/conf/httpd.conf\n"
                       "COPY deploy/own/ /usr/local/apache2/conf/extra/vhosts/\n"},
        {"web/apache2.conf": f"{WHOLE}IncludeOptional sites-enabled/*.conf\n", "sites/sites-enabled/a.conf": SITE},
        {"httpd.conf": f"{WHOLE}Include /etc/apache2/sites-enabled/*.conf\n", "own/a.conf": SITE,
         "compose.yaml": "services:\n  web:\n    volumes:\n      - ./own:/etc/apache2/sites-enabled\n"},
    ],
)  # fmt: skip
def test_what_a_main_file_includes_is_found_anywhere(files: dict[str, str]) -> None:
    space = Workspace("/nonexistent", files)
    own = sorted(f for f in files if f.endswith(".conf"))
    (unit,) = units(own, space)
    assert sorted(unit.files) == own
