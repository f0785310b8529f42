from batten.technologies import Technology

technology = Technology(
    "clickhouse",
    "ClickHouse",
    files=(
        "*.xml",
        "*clickhouse*.yaml",
        "*clickhouse*.yml",
        "*clickhouse*/*.yaml",
        "*clickhouse*/*.yml",
        "config.d/*.yaml",
        "config.d/*.yml",
        "users.d/*.yaml",
        "users.d/*.yml",
    ),
    sniff=r"^[ \t]*<(?:clickhouse|yandex)\b|^(?:listen_host|tcp_port|tcp_port_secure|http_port|https_port|mysql_port|postgresql_port"
    r"|interserver_http_port|user_directories|users_config|remote_servers|mark_cache_size|profiles|quotas|openSSL)[ \t]*:",
    unless=r"^[\"']?(?:apiVersion|services|kind)[\"']?[ \t]*:",
    example="clickhouse.xml",
    includes=True,
)
