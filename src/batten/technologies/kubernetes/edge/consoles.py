"""Services that are consoles without a login of their own, by the names that their vendors give them."""

from __future__ import annotations

import re

_KNOWN = (
    ("metrics", "Prometheus", r"prometheus(?:-server|-operated|-k8s|-kube-prometheus-prometheus)?|.*-kube-prometheus-prometheus"),
    ("console", "Alertmanager", r"alertmanager(?:-operated|-main)?|prometheus-alertmanager|.*-kube-prometheus-alertmanager"),
    ("console", "the Kubernetes dashboard", r"kubernetes-dashboard(?:-web|-kong-proxy)?"),
    ("console", "Jaeger", r"jaeger-query|.*-jaeger-query"),
    ("console", "Hubble", r"hubble-ui"),
    ("console", "Longhorn", r"longhorn-frontend"),
    ("console", "Redis Commander", r"redis-?commander"),
    ("console", "RedisInsight", r"redis-?insight"),
    ("console", "mongo-express", r"mongo-express"),
    ("console", "Adminer", r"adminer"),
    ("console", "phpMyAdmin", r"phpmyadmin"),
    ("console", "pgAdmin", r"pgadmin4?"),
    ("console", "Kafka UI", r"kafka-ui|kafdrop|akhq"),
    ("console", "Flower", r"(?:celery-)?flower"),
    ("console", "Dozzle", r"dozzle"),
    ("console", "MailHog", r"mailhog|mailpit"),
    ("console", "the Traefik dashboard", r"traefik-dashboard|api@internal|dashboard@internal"),
)  # fmt: skip
# ours: the table above
_PATTERNS = tuple((feature, what, re.compile(pattern)) for feature, what, pattern in _KNOWN)


def console(service: str) -> tuple[str, str] | None:
    """The feature ("console" or "metrics") and the name of what a Service of this name is."""
    return next(((feature, what) for feature, what, p in _PATTERNS if p.fullmatch(service)), None)
