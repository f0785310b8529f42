"""The filter that every text passes: what it hides, what it leaves, and what it costs."""

from __future__ import annotations

import base64
import json
import random
import re
import string
import time
from html import escape
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten import masking
from batten.masking import MASK, masked, register, sentence, telling
from spending import at_most

VALUE = "p&4kZq9\"x\\7Lm2'<z"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("password: s3cr3t # note", "password: ••• # note"),
        ("DB_PASSWORD=postgres", "DB_PASSWORD=•••"),
        ('{"secret": "ab", "b": 1}', '{"secret": "•••", "b": 1}'),
        ("requirepass foobared", "requirepass •••"),
        ("masterauth foobared", "masterauth •••"),
        ("auth_pass q1", "auth_pass •••"),
        ("write http://HOST:PORT or redis://host:port, once", "write http://HOST:PORT or redis://host:port, once"),
        ("at redis://cache:hunter2 or so", "at redis://cache:••• or so"),
        ("user alice on >hunter2 ~* +@all", "user alice on >••• ~* +@all"),
        ('proxy_set_header Authorization "Basic abc";', 'proxy_set_header Authorization "Basic •••";'),
        ("redis-server --requirepass hunter", "redis-server --requirepass •••"),
        ('["serve", "--token", "hunter"]', '["serve", "--token", "•••"]'),
        ("- --requirepass\n- hunter\n", "- --requirepass\n- •••\n"),
        ("- name: DB_PASSWORD\n  value: hunter\n", "- name: DB_PASSWORD\n  value: •••\n"),
        ('variable "db_password" {\n  default = "hunter"\n', 'variable "db_password" {\n  default = "•••"\n'),
        ("redis-cli -a foobar PING", "redis-cli -a ••• PING"),
        ("curl -u user:pass http://x", "curl -u user:••• http://x"),
        ("mysql -pfoo orders", "mysql -p••• orders"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer •••"),
        ("X-Api-Key: foo", "X-Api-Key: •••"),
        ("Set-Cookie: a=b; Path=/", "Set-Cookie: •••"),
        ('Cookies.Append("session", "a1b2", options);', 'Cookies.Append("session", "•••", options);'),
        ("res.cookie('sid', 'a1b2')", "res.cookie('sid', '•••')"),
        ('http.Cookie{Name: "sid", Value: "a1b2"}', 'http.Cookie{Name: "sid", Value: "•••"}'),
        ('Cookie{\nName: "sid",\nValue: "a1b2",\n}\nValue: "b"', 'Cookie{\nName: "sid",\nValue: "•••",\n}\nValue: "b"'),
        ('configuration["Jwt:SigningKey"] ?? "ab"', 'configuration["Jwt:SigningKey"] ?? "•••"'),
        ('settings["Jwt:Key"]! ?? @"ab"', 'settings["Jwt:Key"]! ?? @"•••"'),
        ('process.env.JWT_SECRET || "ab"', 'process.env.JWT_SECRET || "•••"'),
        ("postgres://u:p@ss@h/db", "postgres://u:•••@h/db"),
        ("password: ${PW:-hunter2}", "password: ${PW:-•••}"),
        ("<password>ab</password>", "<password>•••</password>"),
        ("admin:$apr1$abcdefgh$ijklmnopqrst", "admin:•••"),
        ("a: $2y$05$abcdefghijklmnopqrstuv", "a: •••"),
        ("{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "•••"),
        ("k: Kj3Hs8Dk2Lq9Zx7Cv5Bn1Mm4", "k: •••"),
        ("stats auth admin:pw1", "stats auth admin:•••"),
        ("https://hooks.slack.com/services/T0/B0/abcdefghijklmnop", "•••"),
        ('get("https://x.example/v1?key=tulip-9-quarry", v)', 'get("https://x.example/v1?key=•••", v)'),
        ("https://x.example/v1?q=a&token=orders-tls-2024&b", "https://x.example/v1?q=a&token=•••&b"),
        ("https://x.example/?a=1&amp;auth=tulip%2F9quarry&b", "https://x.example/?a=1&amp;auth=•••&b"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE\nabc\n-----END PRIVATE KEY-----\nb: 1", "-----BEGIN PRIVATE KEY-----•••\nb: 1"),
    ],
)  # fmt: skip
def test_secrets_are_known_by_their_shape(text: str, shown: str) -> None:
    assert masked(text) == shown
    assert masked(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "proxy_pass http://10.0.0.5:8080;",
        'f"https://x.example/v1?key={key}&token=$TOKEN"',
        "https://x.example/v1?key=customer&code=404",
        "password: ${DB_PASSWORD}",
        "password: ${DB_PASSWORD:?set DB_PASSWORD}",
        "password_file: /run/secrets/db",
        "tokenUrl: https://login.example.com/token",
        "password: str = Form(...)",
        'password = os.environ["DB_PASSWORD"]',
        "password = var.db_password",
        "token: ${{ secrets.TOKEN }}",
        f"image: nginx@sha256:{'ab' * 32}",
        "uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683",
        'integrity: "sha512-9Hqyq5sZ5YbVjnuhyZlcH8gVwuQoeZ5nVhQZkZb1S8VY4QJCZoRLp0Vb9zm6qW7vVTRuWmEw=="',
        "id: 3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        '<input name="password" type="text">',
        "basic_auth off",
        'if (token || user) return "x"',
        'configuration["Jwt:Issuer"] ?? "orders"',
        'res.cookie("sid", value, {secure: true})',
        "keepalive: 30",
        "secretName: tunnel-secret\n- name: cert\n  secretName: cert-secret\nsecurityContext:\n",
        'hash_key = "LockID"',
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "a password is written out: read it from a file",
        "contains a token: revoke and rotate it",
        "redis accepts unauthenticated commands; set `requirepass` or bind it to 127.0.0.1",
        "add `password: ${DB_PASSWORD}` and set it where the stack starts",
        "the secret is `orders-tls`",
    ],
)
def test_what_batten_says_stays(text: str) -> None:
    assert sentence(text) == text


def test_a_sentence_hides_what_it_quotes() -> None:
    assert sentence("the line `requirepass postgres` is unknown") == "the line `requirepass •••` is unknown"
    assert sentence("'https://a:bc@h' is not an address") == "'https://a:•••@h' is not an address"


@pytest.mark.parametrize(
    "form",
    [
        VALUE,
        json.dumps(VALUE),
        json.dumps(json.dumps(VALUE)),
        escape(VALUE),
        quote(VALUE, safe=""),
        re.sub("%..", lambda m: m[0].lower(), quote(VALUE, safe="")),
        repr(VALUE),
        base64.b64encode(VALUE.encode()).decode(),
        base64.b64encode(f"user:{VALUE}".encode()).decode(),
        base64.urlsafe_b64encode(f"ab:{VALUE}".encode()).decode(),
        VALUE[:14] + "…",
    ],
)
def test_a_registered_value_is_found_in_every_form(form: str) -> None:
    register(VALUE)
    for filter_ in (masked, sentence):
        shown = filter_(f"before {form} after")
        assert MASK in shown and "4kZq9" not in shown and "7Lm2" not in shown
        assert shown.startswith("before ") and shown.endswith("after")


@pytest.mark.parametrize(
    "word", ["postgres", "admin", "password", "redis", "hunter2", "8080", "orders-db", "/run/x"]
)
def test_a_word_is_not_looked_for_everywhere(word: str) -> None:
    register(word)
    assert not telling(word)
    assert sentence(f"{word} listens on all addresses") == f"{word} listens on all addresses"
    assert masked(f"DB_PASSWORD={word}") == "DB_PASSWORD=•••"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("OPENAI_API_KEY\\n", "`OPENAI_API_KEY` contains a key"),
        ("authenticateContext.Get(request", "operations-authenticated: 3 not written"),
        ("OAuth2-Proxy /ping answers (HTTP 401)", "# OAuth2-Proxy endpoints"),
        ("dev-jwt-secret-$(openssl rand -hex 16)", "name: dev-jwt-secret-store"),
        ("local-jwt-secret-must-be-at-least-256-bits", "local-jwt-secrets is mounted"),
        ("_options.ClientSecret", "_options.ClientSecret is read"),
        ("IncludeInAccessToken", "IncludeInAccessToken is set"),
        ("$(aws secretsmanager get-secret-value", "run $(aws secretsmanager list-secrets)"),
    ],
)
def test_names_code_and_the_beginnings_of_words_are_not_looked_for(value: str, text: str) -> None:
    register(value)
    assert sentence(text) == masked(text) == text


@pytest.mark.parametrize(
    "value",
    [
        "local-jwt-secret-must-be-at-least-256-bits",
        "aB3x.Kq9(zz-41Lm",
        "QxRtYwPqLmZaGhTrBv",
        "pa$sw0rd(!xQ9-41",
        "Sommer.Regen(2031)-x9",
    ],
)
def test_what_only_looks_a_little_like_code_is_looked_for(value: str) -> None:
    register(value)
    assert masked(f"at {value} or") == "at ••• or"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("SigningKey = jsonWebKey };", "SigningKey = jsonWebKey };"),
        ("a.ClientSecret = o.ClientSecret;", "a.ClientSecret = o.ClientSecret;"),
        ("clientSecret = _clientSecret;", "clientSecret = _clientSecret;"),
        ("var secret = await Get(name, id);", "var secret = await Get(name, id);"),
        ('a.ClientSecret = "jsonWebKey";', 'a.ClientSecret = "•••";'),
        ("// password: hunter2", "// password: •••"),
        ("// password: hunter", "// password: •••"),
    ],
)
def test_code_has_its_literals_in_quotes(text: str, shown: str) -> None:
    spans = masking.spans(text, "src/Login.cs")
    assert masking.part(text, 0, len(text), spans) == shown


def test_a_value_of_a_file_is_hidden_in_all_that_is_said() -> None:
    masking.noted("services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: hunter2-x7Lm24\n")
    assert sentence("db is reached with hunter2-x7Lm24") == "db is reached with •••"


def test_the_longest_goes_first() -> None:
    register("hunter2-x7Lm24")
    register("hunter2-x7Lm24-and-more-9")
    assert masked("a hunter2-x7Lm24-and-more-9 b hunter2-x7Lm24 c") == "a ••• b ••• c"


def test_what_was_registered_is_forgotten() -> None:
    register("hunter2-x7Lm24")
    masking.forget()
    assert masked("a hunter2-x7Lm24") == "a hunter2-x7Lm24"


@given(st.text(alphabet=st.sampled_from(list("passwordkeytn=: \"'`\\{}[]<>/@$#&;,\n-•09aZ")), max_size=120))
def test_filtering_twice_changes_nothing(text: str) -> None:
    once = masked(text)
    assert masked(once) == once


def test_ten_thousand_values_and_a_large_report_take_a_second_or_two() -> None:
    chance = random.Random(1)
    values = [
        "".join(chance.choices(string.ascii_letters + string.digits + "!&-", k=19)) + "7"
        for _ in range(10_000)
    ]
    for value in values:
        register(value)
    line = (
        "the server at nginx.conf sends no header X-Frame-Options, so pages of others may frame it in theirs"
    )
    strings = [f"{line} {n}" if n % 100 else f"{line} {values[n % 9999]}" for n in range(100_000)]
    with at_most(12):  # 2 s on a quiet machine
        shown = [sentence(text) for text in strings]
    assert sum(MASK in text for text in shown) == 1000


NASTY = {
    "letters": "a" * 200_000,
    "words": "pass" * 50_000,
    "keys": "key: " * 40_000,
    "quotes": '"password":"a\\"' * 14_000,
    "options": "--token " * 25_000,
    "commands": "mysql " * 34_000,
    "urls": "a://b:" * 33_000,
    "users": "user a " * 28_000,
    "lines": "password: x1y2\n" * 13_000,
    "names": "name: token\n" * 16_000,
    "maps": "map $http_x_api_key $a {\n" * 8_000,
    "blocks": "-----BEGIN PRIVATE KEY-----" * 7_000,
    "logins": "bearer a " * 22_000,
    "hashes": "$2a$" * 50_000,
    "elements": "<password>" * 20_000,
    "defaults": "${token:-" * 22_000,
    "else": 'key:token"]||"' * 12_000,
    "paths": "a:key:" * 30_000,
    "cookies": 'cookies.append("a",' * 10_000,
    "opened": "Cookie{\n" * 6_000,
    "queries": "?key=" * 40_000,
}


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
def test_no_text_takes_long(text: str) -> None:
    started = time.process_time()
    masked(text)
    once = time.process_time() - started
    started = time.process_time()
    masked(text + text)
    assert time.process_time() - started < 3.5 * once + 0.3
