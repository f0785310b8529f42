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
    sniff=r"(?i)^[ \t]*(?:FROM|RUN|COPY|ADD|ENTRYPOINT|CMD|USER|ONBUILD)\s",
    example="Dockerfile",
)
