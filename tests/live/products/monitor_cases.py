"""Monitoring and alerting, by the servers that Debian ships."""

from __future__ import annotations

from product_cases import BCRYPT, PASSWORD, Case, Start, started

USERS = f'basic_auth_users: {{operator: "{BCRYPT}"}}\n'


def _prometheus(*options: str) -> Start:
    places = ("--storage.tsdb.path={folder}/data", "--web.listen-address=127.0.0.1:{port}")
    files = {"prometheus.yml": "global: {}\n", "web.yml": USERS}
    return started("prometheus", "--config.file={folder}/prometheus.yml", *places, *options, files=files)


def _alertmanager(*options: str) -> Start:
    places = ("--storage.path={folder}/data", "--web.listen-address=127.0.0.1:{port}")
    files = {"alertmanager.yml": "route: {receiver: x}\nreceivers: [{name: x}]\n", "web.yml": USERS}
    more = ("--config.file={folder}/alertmanager.yml", "--cluster.listen-address=", *options)
    return started("prometheus-alertmanager", *places, *more, files=files)


def _pushgateway(*options: str) -> Start:
    listens = "--web.listen-address=127.0.0.1:{port}"
    return started("prometheus-pushgateway", listens, *options, files={"web.yml": USERS})


def _victoria(*options: str) -> Start:
    places = ("-httpListenAddr=127.0.0.1:{port}", "-storageDataPath={folder}/data")
    return started("victoria-metrics", *places, *options)


def _monit(allowed: str) -> Start:
    listens = f"set daemon 30\nset httpd port {{port}} and use address 127.0.0.1\n  allow {allowed}\n"
    kept = "".join(f"set {name}file {{folder}}/monit.{name}\n" for name in ("pid", "state", "id"))
    return started(
        "monit", "-I", "-c", "{folder}/monitrc", files={"monitrc": f"{listens}{kept}check system $HOST\n"}
    )


_USERS = "--web.config.file={folder}/web.yml"

CASES = (
    Case(product="Prometheus", opened=_prometheus(), locked=_prometheus(_USERS), ci=True),
    Case(product="Alertmanager", opened=_alertmanager(), locked=_alertmanager(_USERS), ci=True),
    Case(product="Prometheus Pushgateway", opened=_pushgateway(), locked=_pushgateway(_USERS), ci=True),
    Case(
        product="VictoriaMetrics",
        opened=_victoria(),
        locked=_victoria("-httpAuth.username=operator", f"-httpAuth.password={PASSWORD}"),
    ),
    Case(product="Monit", opened=_monit("localhost"), locked=_monit(f"operator:{PASSWORD}"), ci=True),
)
