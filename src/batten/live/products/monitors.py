"""Monitoring and alerting: whoever opens it sees the whole network, and often silences or falsifies what it reports."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.products.product import Product, Read, both, either, headed, keys, page, text, titled

PRODUCTS = (
    Product(
        name="Prometheus",
        sign=titled(r"Prometheus Time Series Collection"),
        reads=(Read("/api/v1/status/config", both(keys("status", "data.yaml"), text(r'"status":\s*"success"'))),),
        gains="read all metrics, the addresses of all targets and the configuration",
        close="Set `basic_auth_users` in the file of `--web.config.file`, and bind `--web.listen-address` to a private address.",
        source="https://prometheus.io/docs/guides/basic-auth/",
        holds=Holds.INSIGHT,
        mounts=("/prometheus/",),
        version=r'"version":\s*"(\d[\d.]*)',
        tells="/api/v1/status/buildinfo",
        component="prometheus",
    ),
    Product(
        name="Alertmanager",
        sign=titled(r"Alertmanager"),
        reads=(Read("/api/v2/status", keys("config.original", "versionInfo.version")),),
        gains="silence and post alerts, and read the receivers of the configuration",
        close="Set `basic_auth_users` in the file of `--web.config.file`, and bind `--web.listen-address` to a private address.",
        source="https://prometheus.io/docs/alerting/latest/https/",
        version=r'"version":\s*"(\d[\d.]*)',
    ),
    Product(
        name="Prometheus Pushgateway",
        sign=titled(r"Prometheus Pushgateway"),
        reads=(Read("/api/v1/status", keys("data.build_information", "data.flags")),),
        gains="read, push and delete the metrics that alerts and dashboards are calculated from",
        close="Set `basic_auth_users` in the file of `--web.config.file`, and bind `--web.listen-address` to a private address.",
        source="https://github.com/prometheus/pushgateway#tls-and-basic-authentication",
        version=r'"version":\s*"(\d[\d.]*)',
    ),
    Product(
        name="VictoriaMetrics",
        sign=page(r"<h2>(?:Single-node )?VictoriaMetrics"),
        reads=(Read("/api/v1/status/tsdb", keys("status", "data.totalSeries", "data.seriesCountByMetricName")),),
        gains="read, add and delete all time series",
        close="Set `-httpAuth.username` and `-httpAuth.password`, and bind `-httpListenAddr` to a private address.",
        source="https://docs.victoriametrics.com/victoriametrics/single-server-victoriametrics/#security",
        holds=Holds.DATA,
        version=r'vm_app_version\{[^}\n]*short_version="v?(\d[\d.]*)',
        tells="/metrics",
    ),
    Product(
        name="Monit",
        sign=either(headed("server", r"monit \d"), titled(r"Monit:")),
        reads=(Read("/_status?format=xml", text(r"<monit\b[^>]*>[\s\S]*<controlfile>")),),
        gains="stop, restart and unmonitor services, and read the log and the paths of the configuration",
        close="Write `allow USER:PASSWORD` in `set httpd`, and `use address localhost`.",
        source="https://mmonit.com/monit/documentation/monit.html#MONIT-HTTPD",
        mounts=("/monit/",),
        version=r"(?im)^server: monit (\d[\d.]*)",
    ),
    Product(
        name="cAdvisor",
        sign=titled(r"cAdvisor - "),
        reads=(Read("/api/v1.3/machine", keys("num_cores", "memory_capacity", "machine_id")),),
        gains="see all containers with their images, labels, environment and use of the machine",
        close="Bind it to loopback with `--listen_ip`: `--http_auth_file` protects its pages and not its API.",
        source="https://github.com/google/cadvisor/blob/master/docs/web.md",
        holds=Holds.INSIGHT,
        version=r'"cadvisor_version":\s*"v?(\d[\d.]*)',
        tells="/api/v2.0/attributes",
    ),
    Product(
        name="Netdata",
        sign=either(headed("server", r"Netdata Embedded HTTP Server"), titled(r"(?i:netdata dashboard|Netdata)")),
        reads=(Read("/api/v1/info", keys("version", "uid", "mirrored_hosts")),),
        gains="see every process group, user, disk and connection of the machine, and of those that send it theirs",
        close="Set `bind to = localhost` or `allow dashboard from` in `[web]`, or turn bearer token protection on.",
        source="https://learn.netdata.cloud/docs/netdata-agent/securing-netdata-agents",
        holds=Holds.INSIGHT,
        version=r'"version":\s*"v?(\d[\d.]*)',
    ),
)  # fmt: skip
