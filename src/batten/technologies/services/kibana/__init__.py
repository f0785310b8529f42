from batten.technologies import Technology

technology = Technology(
    "kibana",
    "Kibana",
    files=("kibana*.yml", "kibana*.yaml", "kibana/*.yml", "kibana/**/*.yml"),
    sniff=r"^[ \t]*[\"']?(?:server|elasticsearch|xpack|csp|monitoring|telemetry|kibana|i18n)(?:\.[\w.\-]+)?[\"']?[ \t]*:",
    unless=r"^[\"']?(?:apiVersion|services|kind|version|image)[\"']?[ \t]*:|^[ \t]*-?[ \t]*(?:http\.port|node\.name|cluster\.name)[ \t]*:",
    example="kibana.yml",
)
