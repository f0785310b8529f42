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
    # Files of the first version have their services at the root.
    sniff=r"^[\"']?(?:services|include)[\"']?\s*:|^\{"
    r"|^[\w.-]+:[ \t]*\n(?:[ \t][^\n]*\n|\n){0,40}?[ \t]+(?:image|build)[ \t]*:",
    fence="compose",
    example="compose.yaml",
)
