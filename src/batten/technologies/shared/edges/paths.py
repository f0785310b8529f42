"""What a path or the ending of a file is known for."""

from __future__ import annotations

import re

from batten.model import Switch

# CONSOLE_LOGIN: what asks for a login as its vendor ships it (Kibana since 8.0).
_CONSOLES = {
    "/nginx_status": (Switch.METRICS, "nginx status"),
    "/server-status": (Switch.METRICS, "server status"),
    "/server-info": (Switch.CONSOLE, "server info"),
    "/metrics": (Switch.METRICS, "the metrics endpoint"),
    "/prometheus": (Switch.METRICS, "Prometheus"),
    "/actuator": (Switch.CONSOLE, "Spring Boot's actuator"),
    "/phpmyadmin": (Switch.CONSOLE_LOGIN, "phpMyAdmin"),
    "/adminer": (Switch.CONSOLE_LOGIN, "Adminer"),
    "/debug/pprof": (Switch.CONSOLE, "Go's profiler"),
    "/kibana": (Switch.CONSOLE_LOGIN, "Kibana"),
    "/haproxy": (Switch.CONSOLE, "HAProxy's statistics page"),
    "/haproxy?stats": (Switch.CONSOLE, "HAProxy's statistics page"),
    "/fpm-status": (Switch.METRICS, "PHP-FPM's status"),
    "/fpm_status": (Switch.METRICS, "PHP-FPM's status"),
    "/php-fpm-status": (Switch.METRICS, "PHP-FPM's status"),
    "/h2-console": (Switch.CONSOLE, "H2's console"),
    "/jolokia": (Switch.CONSOLE, "Jolokia"),
    "/heapdump": (Switch.CONSOLE, "a heap dump"),
    "/manager/html": (Switch.CONSOLE_LOGIN, "Tomcat's manager"),
    "/pgadmin": (Switch.CONSOLE_LOGIN, "pgAdmin"),
    "/pgadmin4": (Switch.CONSOLE_LOGIN, "pgAdmin"),
    "/redis-commander": (Switch.CONSOLE, "Redis Commander"),
    "/mongo-express": (Switch.CONSOLE, "Mongo Express"),
    "/phpinfo.php": (Switch.CONSOLE, "phpinfo()"),
    "/balancer-manager": (Switch.CONSOLE, "Apache's balancer manager"),
}
# Bodies of these are nothing that a stranger may not read.
ASSET = re.compile(
    r"png|jpe?g?|jpg|gif|webp|avif|svgz?|ico|bmp|tiff?|css|m?js|map|wasm|woff2?|ttf|otf|eot|mp[34]|web[mp]|og[gv]|m4a"
    r"|wav|pdf|gz|br|zip",
    re.IGNORECASE,
)
# Open wherever it is: probes, the files of pages, what callers need to log in, what senders sign.
PUBLIC = re.compile(
    r"/(?:\w+/)?(?:\.well-known|static|assets|images?|img|css|js|fonts?|favicon|robots|log-?in|sign-?(?:in|up)|oauth2?|token"
    r"|callback|auth|sso|register|webhooks?|hooks|public|docs?|openapi|swagger|health\w*|live\w*|ready\w*|ping|status|metrics)\b",
    re.IGNORECASE,
)


def console_at(path: str) -> tuple[Switch, str] | None:
    """The feature (CONSOLE, CONSOLE_LOGIN or METRICS) that a path is known for, and its name; None for others."""
    return _CONSOLES.get(path.rstrip("/").lower())
