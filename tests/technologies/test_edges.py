"""What the edges share."""

from __future__ import annotations

import pytest

from batten.facts import OriginKind, SentHeader
from batten.formats import Workspace
from batten.model import ABSENT, UNKNOWN, Location, Setting, Switch
from batten.technologies.shared.containers.mounts import candidates
from batten.technologies.shared.containers.versions import at_least, image_version
from batten.technologies.shared.edges.credentials import credential
from batten.technologies.shared.edges.headers import (
    HeaderChange,
    cookie_of,
    cors_of,
    flagged,
    fold,
    unknown_headers,
)
from batten.technologies.shared.edges.origins import anchors, expression, origin, pattern, reflected, wildcard
from batten.technologies.shared.edges.paths import console_at
from batten.technologies.shared.transport.certificates import certificate_at
from batten.technologies.shared.transport.tls import between, iana_suite, openssl_suite, version_named
from batten.technologies.shared.transport.upstreams import is_loopback, target_of, upstream_of

AT = Location("edge.conf", "server")


def change(
    action: str, name: str, value: str, errors: bool = True, conditional: bool = False
) -> HeaderChange:
    return HeaderChange(action, name, Setting(value, AT), errors, conditional)


def values(sent: dict[str, SentHeader]) -> dict[str, object]:
    return {name: header.value.value for name, header in sent.items()}


def test_changes_of_headers_are_folded_in_order() -> None:
    sent = fold(
        [
            change("set", "X-A", "1"),
            change("add", "x-a", "2", errors=False),
            change("default", "X-A", "3"),
            change("set", "X-B", "1"),
            change("remove", "X-B", ""),
            change("remove", "X-A", "", conditional=True),
            change("set", "X-C", "1", conditional=True),
        ],
        unknown_headers(AT),
    )
    assert values(sent)["x-a"] == "1, 2" and not sent["x-a"].on_errors
    assert "x-b" not in sent and sent["x-c"].value.value is UNKNOWN
    assert sent["content-security-policy"].value.value is UNKNOWN


def test_a_policy_is_made_of_headers() -> None:
    sent = fold(
        [
            change("set", "Access-Control-Allow-Origin", "https://a.example.com"),
            change("set", "Access-Control-Allow-Credentials", " True"),
            change("set", "Access-Control-Allow-Methods", "GET, POST"),
            change("set", "Vary", "Accept, Origin"),
        ]
    )
    policy = cors_of(AT, sent, (origin("https://a.example.com", AT),))
    assert policy.credentials.known(False) and policy.varies.known(False)
    assert policy.methods.value == ("GET", "POST") and policy.headers.value is ABSENT
    assert cors_of(AT, {}, ()).origins.value is ABSENT
    assert cors_of(AT, {}, None).origins.value is UNKNOWN
    assert cors_of(AT, {}, ()).varies.effective is False


def test_origins() -> None:
    assert [origin(o, AT).kind for o in ("*", "null", "https://a")] == [
        OriginKind.ANY,
        OriginKind.NULL,
        OriginKind.EXACT,
    ]
    assert reflected(AT).kind is OriginKind.REFLECTED
    assert (pattern("a", AT).anchored_end, pattern("a", AT, whole=True).anchored_end) == (False, True)
    assert wildcard("https://*.example.com", AT).text.value == r"https://.*\.example\.com"
    assert anchors(expression(["https://a.example.com", "https://b"])) == (True, True)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("TLSv1_2", "TLSv1.2"),
        ("VersionTLS13", "TLSv1.3"),
        ("tls1.0", "TLSv1"),
        ("TLSv1", "TLSv1"),
        ("1.1", "TLSv1.1"),
        ("SSLv3", "SSLv3"),
        ("TLS_AUTO", ""),
        ("all", ""),
    ],
)
def test_versions_of_tls_have_one_name(name: str, wanted: str) -> None:
    assert version_named(name) == wanted


def test_suites_have_two_names() -> None:
    iana = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
    assert openssl_suite(iana) == "ECDHE-RSA-AES128-GCM-SHA256" and iana_suite(openssl_suite(iana)) == iana
    assert openssl_suite("TLS_RSA_WITH_3DES_EDE_CBC_SHA") == "DES-CBC3-SHA"
    assert openssl_suite("TLS_RSA_WITH_RC4_128_SHA") == "RC4-SHA"
    assert (
        openssl_suite("TLS_AES_128_GCM_SHA256") == "TLS_AES_128_GCM_SHA256" and iana_suite("AES128-SHA") == ""
    )
    assert between("TLSv1.1") == ("TLSv1.1", "TLSv1.2", "TLSv1.3")


def test_upstreams() -> None:
    away = upstream_of("https://user:pw@api.example.com:8443/v1", AT)
    assert (away.host, away.port, away.local) == ("api.example.com", 8443, False)
    assert away.encrypted is not None and away.encrypted.value is True
    assert upstream_of("http://127.0.0.1:80", AT).local
    variable = upstream_of("$target", AT, unknown=True)
    assert variable.encrypted is not None and (variable.host, variable.encrypted.value) == ("", UNKNOWN)
    assert target_of("unix:/run/x.sock").host == "unix:/run/x.sock"
    assert is_loopback("[::1]") and not is_loopback("10.0.0.1")


def test_names_that_carry_credentials_and_paths_of_consoles() -> None:
    assert all(map(credential, ("Authorization", "X-Api-Key", "access_token", "password", "apikey")))
    assert not any(map(credential, ("Accept", "page", "tokens", "X-Request-Id")))
    assert (
        console_at("/metrics/") == (Switch.METRICS, "the metrics endpoint") and console_at("/orders") is None
    )


def test_cookies_get_the_flags_they_lack() -> None:
    cookie = cookie_of("session=1; Path=/; secure", AT)
    assert cookie.sensitive and cookie.secure.value is True and cookie.http_only.value is False
    assert cookie_of("a=1", AT, unsure=True).secure.value is UNKNOWN
    assert flagged("a=1; Secure") == "a=1; Secure; HttpOnly; SameSite=Lax"


def test_versions_and_places_come_from_the_files_beside() -> None:
    compose = "services:\n  web:\n    image: docker.io/library/httpd:2.4.62-alpine\n    volumes:\n      - ./www:/srv/www:ro\n"
    space = Workspace("/nonexistent", {"compose.yaml": compose})
    assert image_version("conf/httpd.conf", space, "httpd") == "2.4.62"
    assert image_version("conf/httpd.conf", space, "nginx") == ""
    assert (at_least("2.4.62", (2, 4)), at_least("2.4", (2, 4, 1)), at_least("", (2,))) == (True, None, None)
    assert "www/img" in list(candidates("/srv/www/img", "conf/httpd.conf", space))
    assert certificate_at(["x.pem"], (), AT, Workspace("/nonexistent", {"x.pem": "no certificate"})) is None
