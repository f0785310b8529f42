"""Ordinary servers: locked, and set up as their packages ship them or as their documentation says for production."""

from __future__ import annotations

import ordinary_apps as apps
from ordinary_edges import (
    apache_api,
    apache_site,
    caddy,
    caddy_api,
    caddy_site,
    caddy_tls,
    envoy,
    haproxy,
    lighttpd,
    nginx_api,
    nginx_site,
    nginx_tls,
    traefik,
)
from ordinary_frameworks import (
    alertmanager,
    granian,
    gunicorn,
    hypercorn,
    jupyter,
    node,
    php_fpm,
    prometheus,
    python,
    script,
    tomcat,
    uvicorn,
)
from product_cases import Start

from batten.model.record import record


@record(kw_only=True)
class Ordinary:
    """`expected` are the controls that have something to say of it, which is true and worth a line. `tls`: it uses the
    certificate that the test puts into its folder. `ci`: started in CI too, not only in the proof run."""

    name: str
    start: Start
    expected: frozenset[str]
    tls: bool = False
    ci: bool = False


_HEADERS = frozenset(
    f"{name}-sent"
    for name in ("nosniff", "csp", "referrer-policy", "permissions-policy", "cross-origin-isolation")
) | {"framing-denied"}
_PLAIN = _HEADERS | {"tls-required"}  # for information: it is loopback
_VERSION = frozenset({"banner-hidden"})

CASES = (
    Ordinary(
        name="nginx, a site", start=nginx_site, expected=_PLAIN | _VERSION | {"component-supported"}, ci=True
    ),
    Ordinary(name="nginx before an API", start=nginx_api, expected=_PLAIN),
    Ordinary(name="nginx with TLS before an API", start=nginx_tls, expected=_HEADERS, tls=True, ci=True),
    Ordinary(name="Apache, a site", start=apache_site, expected=_PLAIN | _VERSION, ci=True),
    Ordinary(name="Apache before an API", start=apache_api, expected=_PLAIN | _VERSION),
    Ordinary(name="Caddy before an API", start=caddy(caddy_api), expected=_PLAIN),
    Ordinary(name="Caddy, a site", start=caddy(caddy_site), expected=_PLAIN),
    Ordinary(
        name="Caddy with TLS before an API",
        start=caddy(caddy_tls),
        expected=_HEADERS | {"hsts-sent"},
        tls=True,
        ci=True,
    ),
    Ordinary(name="lighttpd, a site", start=lighttpd, expected=_PLAIN | _VERSION),
    Ordinary(name="HAProxy before an API", start=haproxy, expected=_PLAIN),
    Ordinary(name="Traefik before an API", start=traefik, expected=_PLAIN),
    Ordinary(name="Envoy before an API", start=envoy, expected=_PLAIN),
    Ordinary(name="FastAPI on Uvicorn", start=python(apps.FASTAPI, uvicorn), expected=_PLAIN, ci=True),
    Ordinary(name="Flask on Gunicorn", start=python(apps.FLASK, gunicorn), expected=_PLAIN, ci=True),
    Ordinary(
        name="Django REST framework on Gunicorn",
        start=python(apps.DJANGO, gunicorn),
        expected=_PLAIN | {"console-not-exposed"},  # its administration shows its login page: low
        ci=True,
    ),
    Ordinary(name="Litestar on Uvicorn", start=python(apps.LITESTAR, uvicorn), expected=_PLAIN),
    Ordinary(
        name="Starlette on Hypercorn", start=python(apps.STARLETTE, hypercorn), expected=_PLAIN, ci=True
    ),
    Ordinary(name="Starlette on Granian", start=python(apps.STARLETTE, granian), expected=_PLAIN),
    Ordinary(name="Quart on Hypercorn", start=python(apps.QUART, hypercorn), expected=_PLAIN),
    Ordinary(name="Tornado", start=python(apps.TORNADO, script), expected=_PLAIN | _VERSION, ci=True),
    Ordinary(name="Express", start=node(apps.EXPRESS), expected=_PLAIN, ci=True),
    Ordinary(name="Node's own server", start=node(apps.NODE), expected=_PLAIN),
    Ordinary(name="PHP-FPM behind nginx", start=php_fpm, expected=_PLAIN, ci=True),
    Ordinary(name="Prometheus with a login", start=prometheus, expected=_PLAIN, ci=True),
    Ordinary(name="Alertmanager with a login", start=alertmanager, expected=_PLAIN),
    Ordinary(name="Jupyter Server with a token", start=jupyter, expected=_PLAIN | _VERSION, ci=True),
    Ordinary(name="Tomcat", start=tomcat, expected=_PLAIN | _VERSION),
)
