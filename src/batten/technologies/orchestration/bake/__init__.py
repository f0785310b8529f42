from batten.technologies import Technology

technology = Technology(
    "bake",
    "Docker Bake",
    files=(
        "docker-bake.hcl",
        "docker-bake.json",
        "docker-bake.*.hcl",
        "docker-bake.*.json",
        "*.docker-bake.hcl",
    ),
    example="docker-bake.hcl",
)
