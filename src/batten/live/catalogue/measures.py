"""Numbers for the operators: what runs, how much of it, and since when."""

from __future__ import annotations

from batten.live.catalogue.item import keys, metrics, text, titled

ITEMS = (
    metrics(
        "Prometheus metrics",
        text(r"^# (?:HELP|TYPE) \w+ ", r"^\w+(?:\{[^}\n]*\})? [\d.eE+-]+"),
        "/metrics /actuator/prometheus /api/metrics /q/metrics /prometheus /metrics/ /stats/prometheus"
        " /federate?match[]={__name__!=%22%22} /management/prometheus /-/metrics",
        anywhere=True,
        below=True,
    ),
    metrics("Dropwizard metrics", keys("gauges", "counters", "meters"), "/metrics /admin/metrics"),
    metrics("Go runtime variables", keys("cmdline", "memstats"), "/debug/vars"),
    metrics("nginx status", text(r"\AActive connections: \d+", r"^server accepts handled requests"), "/nginx_status /stub_status /status /nginx-status /basic_status"),
    metrics("nginx traffic status", keys("nginxVersion", "serverZones"), "/status/format/json"),
    metrics("Apache status", titled(r"Apache Status|Server Status for"), "/server-status /server-status?auto"),
    metrics("Apache status", text(r"^Total Accesses: \d+", r"^BusyWorkers: \d+"), "/server-status?auto"),
    metrics("Apache information", titled(r"Server Information"), "/server-info"),
    metrics("Apache balancer", titled(r"Balancer Manager"), "/balancer-manager"),
    metrics("PHP-FPM status", text(r"^pool:\s", r"^process manager:\s"), "/status /fpm-status /php-fpm-status"),
    metrics("lighttpd status", titled(r"Status", r"lighttpd"), "/server-status"),
    metrics("Node exporter", titled(r"Node Exporter"), "/"),
    metrics("JVM monitoring", titled(r"Monitoring", r"(?i)javamelody"), "/monitoring"),
    metrics("Express status monitor", titled(r"Express Status"), "/status"),
)  # fmt: skip
