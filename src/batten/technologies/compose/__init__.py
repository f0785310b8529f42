from batten.technologies import Technology

technology = Technology(
    "compose",
    "Docker Compose",
    files=(  # `docker stack deploy` takes any name; units() looks at what a file of another name holds
        "compose.yaml",
        "docker-compose*.yml",
        "*.compose.yaml",
        "*.yaml",
        "*.yml",
    ),
    sniff=r"^[\"']?(?:services|include)[\"']?\s*:|^\{",
    fence="compose",
    example="compose.yaml",
)
