"""Monitoring and alerting, by the servers that Debian ships."""

from __future__ import annotations

from product_cases import BCRYPT, PASSWORD, Answers, Case, Start, double, started

USERS = f'basic_auth_users: {{operator: "{BCRYPT}"}}\n'


def _prometheus(*options: str) -> Start:
    places = ("--storage.tsdb.path={folder}/data", "--web.listen-address=127.0.0.1:{port}")
    files = {"prometheus.yml": "global: {}\n", "web.yml": USERS}
    more = ("--config.file={folder}/prometheus.yml", *options)
    return started("prometheus", *places, *more, files=files, ready="/-/ready")


def _alertmanager(*options: str) -> Start:
    places = ("--storage.path={folder}/data", "--web.listen-address=127.0.0.1:{port}")
    files = {"alertmanager.yml": "route: {receiver: x}\nreceivers: [{name: x}]\n", "web.yml": USERS}
    more = ("--config.file={folder}/alertmanager.yml", "--cluster.listen-address=", *options)
    return started("prometheus-alertmanager", *places, *more, files=files, ready="/-/ready")


def _pushgateway(*options: str) -> Start:
    listens = "--web.listen-address=127.0.0.1:{port}"
    files = {"web.yml": USERS}
    return started("prometheus-pushgateway", listens, *options, files=files, ready="/-/ready")


def _victoria(*options: str) -> Start:
    places = ("-httpListenAddr=127.0.0.1:{port}", "-storageDataPath={folder}/data")
    return started("victoria-metrics", *places, *options)


def _monit(allowed: str) -> Start:
    listens = f"set daemon 30\nset httpd port {{port}} and use address 127.0.0.1\n  allow {allowed}\n"
    kept = "".join(f"set {name}file {{folder}}/monit.{name}\n" for name in ("pid", "state", "id"))
    return started(
        "monit", "-I", "-c", "{folder}/monitrc", files={"monitrc": f"{listens}{kept}check system $HOST\n"}
    )


_JSON = {"Content-Type": "application/json"}
_PAGE = {"Content-Type": "text/html"}
_CADVISOR: Answers = {
    "GET /": (307, {"Location": "/containers/"}, ""),
    "GET /containers/": (200, _PAGE, "<html><head><title>cAdvisor - /</title></head><body></body></html>"),
    "GET /api/v1.3/machine": (200, _JSON, '{"num_cores": 2, "memory_capacity": 1024, "machine_id": "a1"}'),
    "GET /api/v2.0/attributes": (200, _JSON, '{"cadvisor_version": "v0.49.2"}'),
}
_NAGIOS: Answers = {
    "GET /": (
        200,
        _PAGE,
        "<html><head><title>Nagios: one</title></head><frameset cols='180,*'></frameset></html>",
    ),
    "GET /cgi-bin/statusjson.cgi?query=hostcount": (
        200,
        _JSON,
        '{"format_version": 0, "result": {"cgi": "statusjson.cgi", "query": "hostcount", "type_code": 0}, '
        '"data": {"selectors": {}, "count": {"up": 1, "down": 0, "unreachable": 0, "pending": 0}}}',
    ),
}
_NETDATA: Answers = {
    "GET /": (200, _PAGE, "<!doctype html><html><head><title>Netdata Agent Console</title></head></html>"),
    "GET /api/v1/info": (200, _JSON, '{"version": "v2.2.6", "uid": "a1", "mirrored_hosts": ["one"]}'),
}

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
    Case(
        product="cAdvisor",
        opened=lambda folder, port: double(port, _CADVISOR),
        double=True,
        source="https://github.com/google/cadvisor/blob/master/docs/api.md",
    ),
    Case(
        product="Netdata",
        opened=lambda folder, port: double(port, _NETDATA),
        double=True,
        source="https://learn.netdata.cloud/docs/api",
    ),
    Case(
        product="Nagios",
        opened=lambda folder, port: double(port, _NAGIOS),
        double=True,
        source="https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/cgis.html",
    ),
)
