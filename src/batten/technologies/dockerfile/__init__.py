from batten.technologies import Technology

technology = Technology(
    "dockerfile",
    "Dockerfile",
    files=(
        "Dockerfile",
        "Dockerfile.*",
        "Dockerfile-*",
        "*.Dockerfile",
        "*.dockerfile",
        "Containerfile",
        "Containerfile.*",
    ),
    sniff=r"(?i)^[ \t]*FROM\s",
    example="Dockerfile",
)
