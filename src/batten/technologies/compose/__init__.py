from batten.technologies import Technology

technology = Technology(
    "compose",
    "Docker Compose",
    files=(
        "compose.yaml",
        "compose.yml",
        "compose.*.yaml",
        "compose.*.yml",
        "compose-*.yaml",
        "compose-*.yml",
        "docker-compose*.yaml",
        "docker-compose*.yml",
        "*.compose.yaml",
        "*.compose.yml",
    ),
    sniff=r"^[\"']?(?:services|include)[\"']?\s*:|^\{",
    fence="compose",
    example="compose.yaml",
)
