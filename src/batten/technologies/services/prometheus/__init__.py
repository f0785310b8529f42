from batten.technologies import Technology

technology = Technology(
    "prometheus",
    "Prometheus",
    files=(
        "*prometheus*.yml",
        "*prometheus*.yaml",
        "prometheus/*.yml",
        "prometheus/*.yaml",
        "web-config.yml",
        "web-config.yaml",
        "web.yml",
    ),
    sniff=r"^[ \t]*(?:scrape_configs|remote_write|remote_read|tls_server_config|basic_auth_users|http_server_config)[ \t]*:",
    unless=r"^[\"']?(?:apiVersion|services|kind|prometheus)[\"']?[ \t]*:",
    example="prometheus.yml",
)
