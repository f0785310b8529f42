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
    sniff=r"(?i)^\s*FROM\s",
    example="Dockerfile",
)
