"""What reverse proxies, gateways and load balancers have in common. Read this before you write an edge.

An edge's adapter is a folder of readers, each `Iterator[Fact]` over a tree of its configuration, and of
writers. nginx and haproxy are the models; what they share is here and beside:

    _containers.versions image_version(main, workspace, "httpd"): the version that runs the file, from the
                    Dockerfile or Compose file beside it; at_least(version, (2, 4)) is None when unknown
    headers         HeaderChange and fold(): rules in their order -> what is sent, for ResponseHeaders;
                    unknown_headers(at) where something unread may send; cors_of(): a CorsPolicy from
                    headers; cookie_of(), flagged(): Set-Cookie; breaks_of(): is sending a header SAFE?
    origins         origin(), reflected(), pattern(), wildcard(): the OriginRules of a CORS feature;
                    expression(): an anchored expression for exactly these origins
    tls             version_named(): VersionTLS12, TLSv1_2 … -> TLSv1.2; between("TLSv1.2"): the range;
                    openssl_suite()/iana_suite(): a suite's two names; BUNDLE: the system's authorities;
                    the `breaks` sentences of TLS fixes
    _containers.mounts  candidates(): where a path of the running system (a root, a certificate) lies here
    this module     certificate_at(): the Certificate fact of a file, if it is here; target_of(): the parts of an upstream's URL; upstream_of(): the Upstream fact;
                    is_loopback(); console_at(): what a path is known for; credential(): names that must
                    not be logged; ask_*(): questions of fixes that need a person's word

Readers that every edge has, in this order, and the facts they yield:

    listeners   Listener      tls, redirects_to_tls, protocols and ciphers (default by version, in Setting's
                              `default`), certificate (its path)
    certificates  Certificate of each certificate file that lies in the reviewed tree
    answers     ResponseHeaders  one for each place that sends: on_errors=False where the product leaves
                              headers out of error answers (nginx without `always`, Apache without `always`);
                              `dropped` where a nested place loses its parent's
    banners     Banner        only if the product names its version by default, or is told to
    cookies     Cookie        only what the edge itself sets, or flags that it rewrites
    policies    CorsPolicy    origins ABSENT where none is let in (value=ABSENT), UNKNOWN where not known
    routes      Route         methods ABSENT: any verb passes; trace: whether TRACE is answered
    upstreams   Upstream      from_client: where a request decides the host
    limits      Limits        None: the product has no such limit; ABSENT with default: it has, unset
    rules       AccessRule    defeat: why a rule does nothing, in words
    logs        AccessLog     carries: credentials in the format
    features    Feature       "console"/"metrics" (on: open to everybody), "host-check" (on: checked),
                              "invalid-headers" (on: let through), "response-splitting", "open-proxy",
                              "error-details"
    roots       WebRoot       if it serves files

Rules that cost us: a plain listener that only redirects has no answers to protect; a listener on loopback
is no outsider's; an unread include, a plug-in, a template or a variable makes a value UNKNOWN, and absence
too; a header given twice is one list; a 3xx or 204 has nothing to frame or sniff; HSTS belongs to TLS only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import import_module
from typing import cast

from batten.facts import Certificate, Upstream
from batten.formats import Unreadable, Workspace
from batten.model import UNKNOWN, Fix, Location, Safety, Setting, Switch, Unknown
from batten.model.record import record

_TARGET = re.compile(
    r"^(?:([a-z][a-z0-9+.-]*)://)?(?:[^@/]*@)?(unix:[^:]*|\[[^\]]*\]|[^/:?#]*)(?::(\d*))?(.*)$",
    re.DOTALL | re.IGNORECASE,
)
_LOOPBACK = re.compile(r"^(?:localhost|127(?:\.\d+){3}|\[?::1\]?|unix:.*|/.*)$", re.IGNORECASE)
_PORTS = {"http": 80, "h2c": 80, "grpc": 80, "ws": 80, "https": 443, "grpcs": 443, "wss": 443}
_SECURE = frozenset(("https", "grpcs", "wss", "suwsgi", "fcgis"))
_CONSOLES = {
    "/nginx_status": (Switch.METRICS, "nginx status"),
    "/server-status": (Switch.METRICS, "server status"),
    "/server-info": (Switch.CONSOLE, "server info"),
    "/metrics": (Switch.METRICS, "the metrics endpoint"),
    "/prometheus": (Switch.METRICS, "Prometheus"),
    "/actuator": (Switch.CONSOLE, "Spring Boot's actuator"),
    "/phpmyadmin": (Switch.CONSOLE, "phpMyAdmin"),
    "/adminer": (Switch.CONSOLE, "Adminer"),
    "/debug/pprof": (Switch.CONSOLE, "Go's profiler"),
    "/kibana": (Switch.CONSOLE, "Kibana"),
    "/haproxy": (Switch.CONSOLE, "HAProxy's statistics page"),
    "/haproxy?stats": (Switch.CONSOLE, "HAProxy's statistics page"),
    "/fpm-status": (Switch.METRICS, "PHP-FPM's status"),
    "/fpm_status": (Switch.METRICS, "PHP-FPM's status"),
    "/php-fpm-status": (Switch.METRICS, "PHP-FPM's status"),
    "/h2-console": (Switch.CONSOLE, "H2's console"),
    "/jolokia": (Switch.CONSOLE, "Jolokia"),
    "/heapdump": (Switch.CONSOLE, "a heap dump"),
    "/manager/html": (Switch.CONSOLE, "Tomcat's manager"),
    "/pgadmin": (Switch.CONSOLE, "pgAdmin"),
    "/pgadmin4": (Switch.CONSOLE, "pgAdmin"),
    "/redis-commander": (Switch.CONSOLE, "Redis Commander"),
    "/mongo-express": (Switch.CONSOLE, "Mongo Express"),
    "/phpinfo.php": (Switch.CONSOLE, "phpinfo()"),
    "/balancer-manager": (Switch.CONSOLE, "Apache's balancer manager"),
}
_CREDENTIAL = re.compile(
    r"authorization|proxy-authorization|cookie|set-cookie|x-(?:api|auth|access|csrf)-(?:key|token)|api-?key|apikey"
    r"|x-amz-security-token|(?:[\w-]+[_-])?(?:token|secret|password|passwd|pwd|api[_-]?key)",
    re.IGNORECASE,
)
# Bodies of these are nothing that a stranger may not read.
ASSET = re.compile(
    r"png|jpe?g?|jpg|gif|webp|avif|svgz?|ico|bmp|tiff?|css|m?js|map|woff2?|ttf|otf|eot|mp[34]|web[mp]|og[gv]|m4a"
    r"|wav|pdf|gz|br|zip",
    re.IGNORECASE,
)


def certificate_at(
    places: Iterable[str], names: tuple[str, ...], at: Location, workspace: Workspace
) -> Certificate | None:
    """The certificate in the first of the files that is there. `names` are the exact host names it is
    for; none where any name may be asked for."""
    path = next((p for p in places if not p.startswith("..") and workspace.exists(p)), "")
    if not path:
        return None
    module = import_module("batten.technologies._edges.certificate")  # costs 40 ms, and seldom there is one
    try:
        return cast("Certificate | None", module.certificate_of(workspace.text(path).text, names, at))
    except Unreadable:
        return None


@record
class Target:
    """The parts of an upstream's address: `scheme` in lower case, "" when none is written."""

    scheme: str
    host: str
    port: str
    path: str


def target_of(text: str) -> Target:
    found = _TARGET.match(text)
    if found is None:
        return Target("", text, "", "")
    return Target((found[1] or "").lower(), found[2], found[3] or "", found[4])


def is_loopback(host: str) -> bool:
    """Whether an address stays on this machine: loopback, or a socket of the file system."""
    return bool(_LOOPBACK.match(host))


def port_of(port: str, scheme: str) -> int:
    """The port written, or the scheme's; 0 when neither is known."""
    return int(port) if port.isdigit() else _PORTS.get(scheme, 0)


def upstream_of(
    text: str,
    at: Location,
    verified: Setting[bool] | None = None,
    unknown: bool = False,
    encrypted: Setting[bool] | None = None,
) -> Upstream:
    """The hop to a URL or host:port. `unknown`: a variable is in it. `encrypted` where something other
    than the scheme says it (an `ssl` option)."""
    target = target_of(text)
    secure = encrypted or Setting(_encrypted(target.scheme, unknown), at)
    return Upstream(
        at,
        target=Setting(UNKNOWN if unknown else text, at),
        host="" if unknown else target.host.strip("[]"),
        port=0 if unknown else port_of(target.port, target.scheme),
        encrypted=secure,
        verified=verified if secure.known(False) else None,
        local=not unknown and is_loopback(target.host),
    )


def _encrypted(scheme: str, unknown: bool) -> bool | Unknown:
    return scheme in _SECURE if scheme or not unknown else UNKNOWN


def console_at(path: str) -> tuple[Switch, str] | None:
    """The feature (CONSOLE or METRICS) that a path is known for, and its name; None for others."""
    return _CONSOLES.get(path.rstrip("/").lower())


def credential(name: str) -> bool:
    """Whether a header, cookie or parameter of this name carries a credential, so that no log may."""
    return bool(_CREDENTIAL.fullmatch(name.strip()))


def ask_origins(title: str) -> Fix:
    return Fix(
        title, (), Safety.VALUE, question="which origins may read answers? (`origins:` in batten.yaml)"
    )


def ask_hosts(title: str) -> Fix:
    question = "which host names do clients use for this server? (`hosts:` in batten.yaml)"
    return Fix(title, (), Safety.VALUE, question=question)


def ask_certificate(title: str, where: str = "") -> Fix:
    question = f"a listener with TLS{where}: which certificate and key does this server use?"
    return Fix(title, (), Safety.VALUE, question=question)
