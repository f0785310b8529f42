"""Services that are consoles, by the names that their vendors give them.

CONSOLE has no login of its own; CONSOLE_LOGIN asks for one: the dashboard for a token
(https://kubernetes.io/docs/tasks/access-application-cluster/web-ui-dashboard/), the others for an account of the database or their own.
"""

from __future__ import annotations

import re

from batten.model import Switch

_KNOWN = (
    (Switch.METRICS, "Prometheus", r"prometheus(?:-server|-operated|-k8s|-kube-prometheus-prometheus)?|.*-kube-prometheus-prometheus"),
    (Switch.CONSOLE, "Alertmanager", r"alertmanager(?:-operated|-main)?|prometheus-alertmanager|.*-kube-prometheus-alertmanager"),
    (Switch.CONSOLE_LOGIN, "the Kubernetes dashboard", r"kubernetes-dashboard(?:-web|-kong-proxy)?"),
    (Switch.CONSOLE, "Jaeger", r"jaeger-query|.*-jaeger-query"),
    (Switch.CONSOLE, "Hubble", r"hubble-ui"),
    (Switch.CONSOLE, "Longhorn", r"longhorn-frontend"),
    (Switch.CONSOLE, "Redis Commander", r"redis-?commander"),
    (Switch.CONSOLE, "RedisInsight", r"redis-?insight"),
    (Switch.CONSOLE, "mongo-express", r"mongo-express"),
    (Switch.CONSOLE_LOGIN, "Adminer", r"adminer"),
    (Switch.CONSOLE_LOGIN, "phpMyAdmin", r"phpmyadmin"),
    (Switch.CONSOLE_LOGIN, "pgAdmin", r"pgadmin4?"),
    (Switch.CONSOLE, "Kafka UI", r"kafka-ui|kafdrop|akhq"),
    (Switch.CONSOLE, "Flower", r"(?:celery-)?flower"),
    (Switch.CONSOLE, "Dozzle", r"dozzle"),
    (Switch.CONSOLE, "MailHog", r"mailhog|mailpit"),
    (Switch.CONSOLE, "the Traefik dashboard", r"traefik-dashboard|api@internal|dashboard@internal"),
)  # fmt: skip
# ours: the table above
_PATTERNS = tuple((feature, what, re.compile(pattern)) for feature, what, pattern in _KNOWN)


def console(service: str) -> tuple[Switch, str] | None:
    """The feature (CONSOLE, CONSOLE_LOGIN or METRICS) and the name of what a Service of this name is."""
    return next(((feature, what) for feature, what, p in _PATTERNS if p.fullmatch(service)), None)
