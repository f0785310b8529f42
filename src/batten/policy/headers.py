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


def constant(policy: Policy) -> dict[str, str]:
    """Headers with one right value for an API's answers."""
    return {
        "Strict-Transport-Security": f"max-age={policy.hsts_seconds}; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Cross-Origin-Resource-Policy": "same-site" if policy.for_browsers else "same-origin",
        "Cache-Control": "no-store",
    }
