from batten.technologies import Technology

technology = Technology(
    "grafana",
    "Grafana",
    files=(
        "*grafana*.ini",
        "grafana/*.ini",
        "grafana/**/*.ini",
        "custom.ini",
        "*datasource*.yml",
        "*datasource*.yaml",
        "datasources/*.yml",
        "datasources/*.yaml",
    ),
    sniff=r"^datasources[ \t]*:|^[ \t]*\[(?:server|security|auth(?:\.[\w]+)?|users|database|smtp|paths|analytics|dashboards|log|metrics|snapshots|unified_alerting)\]",
    unless=r"^\[(?:program:|supervisord|couchdb)",
    example="grafana.ini",
)
