"""Who asks, and for which host. `UNTRUSTED` cases are sent by a client, `TRUSTED` ones by a proxy that is believed."""

from __future__ import annotations

from cases.case import GOOD_LIST, HOST, Case, asked, posted

HOSTS = (HOST, "*.shop.example.com", "[::1]:8443", "192.0.2.1:*", "größe.example")
PROXIES = ("127.0.0.0/8", "10.0.0.0/8", "2001:db8:ffff::/48")
PEER = "127.0.0.1"
SPOOFED, CLIENT, PROXY = "203.0.113.9", "192.0.2.1", "10.0.0.5"
_HSTS = b"strict-transport-security"

GOOD_HOSTS = (
    HOST, "API.Example.COM", "api.example.com.", f"{HOST}:443", f"{HOST}:80", "API.EXAMPLE.COM.:443", "a.shop.example.com",
    "a.b.shop.example.com", "a.shop.example.com:443", "[::1]:8443", "[0:0:0:0:0:0:0:1]:8443", "192.0.2.1", "192.0.2.1:9999",
    "xn--gre-6ka8i.example",
)  # fmt: skip
BAD_HOSTS = (
    "evil.example", f"{HOST}.evil.example", f"evil{HOST}", f"evil-{HOST}", "shop.example.com", ".shop.example.com",
    f"{HOST}:8081", f"{HOST}:0", f"{HOST}:99999", f"{HOST}..", "a..shop.example.com", "[::1]", "[::1]:443", "[::2]:8443",
    "[::ffff:127.0.0.1]:8443", "192.0.2.2", "192.0.2.01", "localhost", "127.0.0.1", "127.1", "2130706433", "api", "-.shop.example.com",
    "xn--gre-6ka8i.example.evil.example",
)  # fmt: skip
NO_HOSTS = (
    f"{HOST}, evil.example", f"user@{HOST}", f"{HOST}/evil", f"{HOST}:", f"{HOST}:80:80", f"{HOST}:+80", f"[{HOST}]", "::1", f"{HOST}?a",
    f"{HOST} evil.example",
)  # fmt: skip
DROPPED = (
    ("X-Original-URL", "/v1/admin"), ("X-Rewrite-URL", "/v1/admin"), ("X-HTTP-Method-Override", "DELETE"), ("X-Method-Override", "DELETE"),
    ("X-HTTP-Method", "DELETE"), ("X-Original-URI", "/v1/admin"), ("X-Original-Method", "DELETE"), ("X-Forwarded-For", SPOOFED),
    ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Port", "4444"), ("X-Forwarded-Prefix", "/evil"), ("X-Forwarded-Server", "evil.example"),
    ("X-Forwarded-Path", "/evil"), ("X-Forwarded-Ssl", "on"), ("X-Forwarded-Scheme", "https"), ("X-Forwarded-By", "evil"),
    ("X-Forwarded-Anything", "evil"), ("Forwarded", f"for={SPOOFED};host=evil.example"), ("X-Real-IP", SPOOFED), ("True-Client-IP", SPOOFED),
    ("CF-Connecting-IP", SPOOFED), ("X-Client-IP", SPOOFED), ("X-Cluster-Client-IP", SPOOFED), ("Fastly-Client-IP", SPOOFED),
    ("X-Originating-IP", SPOOFED), ("X-Remote-IP", SPOOFED), ("X-Remote-Addr", SPOOFED), ("X-ProxyUser-Ip", SPOOFED),
    ("X-AppEngine-User-IP", SPOOFED), ("X-Azure-ClientIP", SPOOFED), ("Fly-Client-IP", SPOOFED), ("Front-End-Https", "on"),
    ("X-Scheme", "https"), ("X-Host", "evil.example"), ("X-Original-Host", "evil.example"), ("X-Envoy-Original-Path", "/evil"),
    ("X-Accel-Mapping", "/=/"), ("X-Accel-Redirect", "/etc/passwd"), ("X-Sendfile-Type", "X-Accel-Redirect"), ("Proxy", "evil.example:80"),
    ("X-Forwarded-User", "root"), ("X-Forwarded-Email", "root@evil.example"), ("X-Forwarded-Groups", "admin"), ("X-Remote-User", "root"),
    ("X-Remote-Group", "system:masters"), ("X-Remote-Extra-Scopes", "all"), ("Remote-User", "root"), ("X-Auth-Request-User", "root"),
    ("X-Auth-Request-Email", "root@evil.example"), ("X-WebAuth-User", "root"), ("X-SSL-Client-Verify", "SUCCESS"), ("X-SSL-Client-S-DN", "CN=root"),
    ("X-Client-Cert", "evil"), ("X-Forwarded-Client-Cert", "Hash=evil"), ("Client-Cert", ":evil:"), ("X-Amzn-Oidc-Identity", "root"),
    ("X-Amzn-Mtls-Clientcert-Subject", "CN=root"), ("X-Goog-Authenticated-User-Email", "root@evil.example"), ("Cf-Access-Jwt-Assertion", "evil"),
    ("X-MS-Client-Principal-Name", "root"), ("X-Consumer-Username", "root"), ("X-authentik-username", "root"), ("Tailscale-User-Login", "root"),
)  # fmt: skip


def _host(value: str) -> bytes:
    return f"GET /v1/things HTTP/1.1\r\nHost: {value}\r\n\r\n".encode()


def _dropped(name: str, value: str) -> Case:
    line = f"{name}: {value}\r\n".lower().encode()
    return Case(
        f"sender: {name}",
        asked("GET /v1/things", f"{name}: {value}"),
        (200,),
        body=GOOD_LIST,
        got_not=(line,),
    )


UNTRUSTED = (
    *(Case(f"host: {host}", _host(host), (200,), body=GOOD_LIST, got=(f"ost: {host}\r\n".encode(),)) for host in GOOD_HOSTS),
    *(Case(f"other host: {host}", _host(host), (421,), 0, shows=(b"content-length: 512\r\n",)) for host in BAD_HOSTS),
    *(Case(f"no host: {host}", _host(host), (400,), 0, closes=True) for host in NO_HOSTS),
    *(_dropped(*pair) for pair in DROPPED),
    Case("other host before its path", b"GET /nowhere HTTP/1.1\r\nHost: evil.example\r\n\r\n", (421,), 0),
    Case("other host before its verb", b"TRACE /v1/things HTTP/1.1\r\nHost: evil.example\r\n\r\n", (421,), 0),
    Case("a client that speaks of TLS", asked("GET /v1/things", "X-Forwarded-Proto: https"), (200,), hides=(_HSTS,), got_not=(b"proto: https",)),
    Case("a client with a listed host", asked("GET /v1/things", f"X-Forwarded-Host: {HOST}"), (200,), got_not=(b"x-forwarded-host",)),
    Case("a declared header of an edge", asked("GET /v1/told", f"X-Real-IP: {SPOOFED}"), (200,), got=(SPOOFED.encode(),)),
    Case("a declared identity", asked("GET /v1/told", "X-Forwarded-User: root"), (200,), got_not=(b"x-forwarded-user",)),
    Case("a declared order", asked("GET /v1/told", "X-Accel-Mapping: /=/"), (200,), got_not=(b"x-accel-mapping",)),
    Case("names of a client's own", asked("GET /v1/things", "X-Trace-Id: 7", "X-Forward: 8", "Via: 1.1 a"), (200,),
         got=(b"x-trace-id: 7", b"x-forward: 8")),
    Case("several hosts in a pipeline", _host(HOST) + _host("evil.example") + _host(HOST), (200, 421, 200), 2),
)  # fmt: skip


def _told(name: str, *headers: str, client: str = CLIENT, tls: bool = False, got: tuple[bytes, ...] = (),
          got_not: tuple[bytes, ...] = (), path: str = "/v1/things") -> Case:  # fmt: skip
    """What a proxy says, and who the client is then."""
    proto = b"x-forwarded-proto: https\r\n" if tls else b"x-forwarded-proto: http\r\n"
    spoofed = () if client == SPOOFED else (SPOOFED.encode(),)
    return Case(
        f"trusted: {name}", asked(f"GET {path}", *headers), (200,), body=GOOD_LIST,
        shows=(_HSTS,) if tls else (), hides=() if tls else (_HSTS,),
        got=(f"x-forwarded-for: {client}\r\n".encode(), proto, *got), got_not=(*spoofed, *got_not),
    )  # fmt: skip


def _for(*values: str) -> tuple[str, ...]:
    return tuple(f"X-Forwarded-For: {value}" for value in values)


TRUSTED = (
    _told("nothing said", client=PEER),
    _told("one address", *_for(CLIENT)),
    _told("what the client wrote is cut", *_for(f"{SPOOFED}, {CLIENT}")),
    _told("through another proxy", *_for(f"{SPOOFED}, {CLIENT}, {PROXY}"), got_not=(PROXY.encode(),)),
    _told("through a proxy that the client claims", *_for(f"{SPOOFED}, {PROXY}, {CLIENT}"), got_not=(PROXY.encode(),)),
    _told("in two lines", *_for(SPOOFED, f"{CLIENT}, {PROXY}"), got_not=(PROXY.encode(),)),
    _told("proxies alone", *_for(f"10.0.0.1, {PROXY}"), client="10.0.0.1"),
    _told("with a port", *_for(f"{CLIENT}:5000")),
    _told("IPv6", *_for("2001:DB8:0::1"), client="2001:db8::1"),
    _told("IPv6 in brackets, with a port", *_for("[2001:db8::1]:443"), client="2001:db8::1"),
    _told("IPv6 of a proxy", *_for(f"{SPOOFED}, {CLIENT}, 2001:db8:ffff::7")),
    _told("IPv4 in IPv6", *_for(f"::ffff:{CLIENT}")),
    _told("IPv4 in IPv6 of a proxy", *_for(f"{SPOOFED}, {CLIENT}, ::ffff:{PROXY}")),
    *(_told(f"{text!r} is no address", *_for(f"{SPOOFED}, {text}"), client=PEER)
      for text in ("unknown", "evil", "192.0.2", "192.0.2.01", "192.0.2.1.1", "192.0.2.1:", "192.0.2.1/32", "0xc0000201", "_hidden", "",
                   "[192.0.2.1]", "2001:db8::1]", '"192.0.2.1"', "192.0.2.1 evil")),
    _told("no address behind a proxy", *_for(f"{SPOOFED}, evil, {PROXY}"), client=PROXY),
    _told("TLS", *_for(CLIENT), "X-Forwarded-Proto: https", tls=True),
    _told("TLS in capitals", *_for(CLIENT), "X-Forwarded-Proto: HTTPS", tls=True),
    _told("no TLS", *_for(CLIENT), "X-Forwarded-Proto: http"),
    _told("another scheme", *_for(CLIENT), "X-Forwarded-Proto: gopher"),
    _told("a scheme that the client wrote", *_for(f"{SPOOFED}, {CLIENT}"), "X-Forwarded-Proto: https, http"),
    _told("TLS that ended at another proxy", *_for(f"{SPOOFED}, {CLIENT}, {PROXY}"), "X-Forwarded-Proto: http, https, http", tls=True),
    _told("a list of another length", *_for(f"{CLIENT}, {PROXY}"), "X-Forwarded-Proto: https, https, http"),
    _told("a scheme without an address", "X-Forwarded-Proto: https", client=PEER, tls=True),
    _told("a listed host", *_for(CLIENT), f"X-Forwarded-Host: {HOST}", got=(f"x-forwarded-host: {HOST}\r\n".encode(),)),
    _told("the client's host of a list", *_for(f"{SPOOFED}, {CLIENT}"), f"X-Forwarded-Host: evil.example, {HOST}", got_not=(b"evil",)),
    _told("a host that is none", *_for(CLIENT), "X-Forwarded-Host: user@evil", got_not=(b"evil",)),
    Case("trusted: another host", asked("GET /v1/things", *_for(CLIENT), "X-Forwarded-Host: evil.example"), (421,), 0),
    Case("trusted: another host by another name", asked("GET /v1/things", *_for(CLIENT), "X-Original-Host: evil.example"), (421,), 0),
    Case("trusted: the proxy's own host", b"GET /v1/things HTTP/1.1\r\nHost: inside\r\nX-Forwarded-Host: api.example.com\r\n\r\n", (421,), 0),
    _told("other names of the client", *_for(CLIENT), f"X-Real-IP: {SPOOFED}", f"CF-Connecting-IP: {SPOOFED}", f"True-Client-IP: {SPOOFED}",
          got=(f"x-real-ip: {CLIENT}\r\n".encode(), f"cf-connecting-ip: {CLIENT}\r\n".encode())),
    _told("other names of the scheme", *_for(CLIENT), "X-Forwarded-Ssl: on", "X-Scheme: https", got=(b"x-forwarded-ssl: off", b"x-scheme: http\r\n")),
    _told("other names of TLS", *_for(CLIENT), "X-Forwarded-Proto: https", "X-Forwarded-Ssl: off", tls=True, got=(b"x-forwarded-ssl: on",)),
    _told("an identity", *_for(CLIENT), "X-Forwarded-User: ann", "X-Auth-Request-Email: ann@a.example",
          got=(b"x-forwarded-user: ann", b"x-auth-request-email: ann@a.example")),
    _told("a certificate", *_for(CLIENT), "X-SSL-Client-Verify: SUCCESS", got=(b"x-ssl-client-verify: success",)),
    _told("a port and a prefix", *_for(CLIENT), "X-Forwarded-Port: 443", "X-Forwarded-Prefix: /api", got=(b"x-forwarded-port: 443", b"x-forwarded-prefix: /api")),
    _told("a declared header of an edge", *_for(CLIENT), f"X-Real-IP: {SPOOFED}", got=(f"x-real-ip: {CLIENT}\r\n".encode(),), path="/v1/told"),
    _told("another verb", *_for(CLIENT), "X-HTTP-Method-Override: DELETE", got_not=(b"delete",)),
    _told("another target", *_for(CLIENT), "X-Original-URL: /v1/admin", got_not=(b"admin",)),
    _told("Forwarded", f"Forwarded: for={CLIENT};proto=https;by={PROXY}", tls=True),
    _told("Forwarded in capitals, quoted", f'Forwarded: For="{CLIENT}:5000"; Proto=HTTPS', tls=True),
    _told("Forwarded with IPv6", 'Forwarded: for="[2001:db8::1]:4711"', client="2001:db8::1"),
    _told("Forwarded, cut", f"Forwarded: for={SPOOFED};proto=https, for={CLIENT};proto=http, for={PROXY}"),
    _told("Forwarded in two lines", f"Forwarded: for={SPOOFED}", f"Forwarded: for={CLIENT}"),
    _told("Forwarded with a comma in quotes", f'Forwarded: for={SPOOFED}, for={CLIENT};ext="a, for={PROXY}"'),
    _told("Forwarded with a host", f"Forwarded: for={CLIENT};host={HOST}"),
    *(_told(f"Forwarded that is none: {text}", f"Forwarded: {text}", client=PEER)
      for text in (f"for={SPOOFED}, for=unknown", f"for={SPOOFED}, for=_hidden", f"for={SPOOFED};for={CLIENT}", f"for = {SPOOFED}", f"for={SPOOFED};",
                   f"for={SPOOFED},", "for=2001:db8::1", f'for="{SPOOFED}', f"{SPOOFED}")),
    _told("both, and they agree", *_for(CLIENT), "X-Forwarded-Proto: https", f"Forwarded: for={CLIENT};proto=https", tls=True),
    _told("both, and they do not", *_for(CLIENT), "X-Forwarded-Proto: https", f"Forwarded: for={SPOOFED};proto=https", client=PEER),
    _told("both, and the schemes do not", *_for(CLIENT), f"Forwarded: for={CLIENT};proto=https", client=PEER),
)  # fmt: skip
# Several requests of one connection, each of another client, the first one twice.
_FIRST, _SECOND = asked("GET /v1/things", *_for(CLIENT)), asked("GET /v1/told", *_for("192.0.2.77"))
_BODY = posted("PUT /v1/things/7", b"a;b", "Content-Type: text/csv", *_for("192.0.2.88"))
MIXED = (
    Case("trusted: clients that take turns", _FIRST + _SECOND + _FIRST, (200, 200, 200), 3,
         got=(f"x-forwarded-for: {CLIENT}\r\n".encode(), b"x-forwarded-for: 192.0.2.77\r\n")),
    Case("trusted: a body between two of one client", _FIRST + _BODY + _FIRST, (200, 200, 200), 3,
         got=(f"x-forwarded-for: {CLIENT}\r\n".encode(), b"x-forwarded-for: 192.0.2.88\r\n")),
)  # fmt: skip
TRUSTED = TRUSTED + MIXED
CASES = UNTRUSTED + TRUSTED
