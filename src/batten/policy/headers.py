"""What is sent with every answer, whatever its status, and what upstreams may not send."""

from __future__ import annotations

from batten.policy import Policy

BANNERS = (
    "X-Powered-By",
    "X-AspNet-Version",
    "X-AspNetMvc-Version",
    "X-Generator",
    "X-Runtime",
    "X-Backend-Server",
    "X-Server",
    "X-Version",
    "X-Debug-Token",
    "X-Debug-Token-Link",
    "X-PHP-Version",
    "X-Application-Context",
    "Via",
)
OBSOLETE = ("X-XSS-Protection", "Expect-CT", "Public-Key-Pins", "Feature-Policy")
CORS = (
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Credentials",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
    "Access-Control-Expose-Headers",
    "Access-Control-Max-Age",
    "Access-Control-Allow-Private-Network",
)
# Other ways to say a verb or a path than the request line, and httpoxy (CVE-2016-5385).
STRIPPED = (
    "X-HTTP-Method-Override",
    "X-HTTP-Method",
    "X-Method-Override",
    "X-Original-Method",
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-Forwarded-Prefix",
    "Forwarded",
    "Proxy",
    "Upgrade",
)

CSP, OPENER = "Content-Security-Policy", "Cross-Origin-Opener-Policy"
# OWASP ASVS 5.0.0-3.4.3: no plug-ins and no base but the page's own address, whatever else is allowed.
_PAGES = "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'"
_FILES = "default-src 'none'; frame-ancestors 'none'; sandbox"


def constant(policy: Policy) -> dict[str, str]:
    """Headers with one right value for an API's answers: those that are data, and all of an edge's own."""
    return {
        "Strict-Transport-Security": f"max-age={policy.hsts_seconds}; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        CSP: "default-src 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Cross-Origin-Resource-Policy": "same-site" if policy.for_browsers else "same-origin",
        "Cache-Control": "no-store",
    }


def of_pages(own: str = "") -> dict[str, str]:
    """What pages are sent with in place of that; `own` is the author's policy. With `no-referrer` browsers send `Origin: null`
    with a page's own forms (Fetch, 3.2), and with an opener policy of `same-origin` log-ins in a window of their own fail."""
    return {CSP: own or _PAGES, "Referrer-Policy": "same-origin", OPENER: "same-origin-allow-popups"}


def of_files(own: str = "") -> dict[str, str]:
    """What files are sent with in place of it: opened on their own, none can act as a page of the API."""
    return {CSP: own or _FILES}
