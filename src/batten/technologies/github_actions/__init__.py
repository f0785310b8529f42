from batten.technologies import Technology

technology = Technology(
    "github_actions",
    "GitHub Actions",
    files=(
        ".github/workflows/*.yml",
        ".github/workflows/*.yaml",
        ".github/actions/**/action.yml",
        ".github/actions/**/action.yaml",
        "action.yml",
        "action.yaml",
    ),
    sniff=r"^[ \t]*[\"']?(?:jobs|runs)[\"']?[ \t]*:",
    fence="actions",
    example=".github/workflows/deploy.yml",
)
