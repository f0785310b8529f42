from batten.technologies import Technology

technology = Technology(
    "influxdb",
    "InfluxDB 1.x",
    files=("influxdb*.conf", "influxdb*.toml"),
    sniff=r"^[ \t]*\[\[?(?:meta|data|http|coordinator|retention|monitor|subscriber|graphite|collectd|opentsdb|udp|continuous_queries)\]",
    example="influxdb.conf",
)
