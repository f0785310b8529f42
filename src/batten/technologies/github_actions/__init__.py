from batten.technologies import Technology

technology = Technology(
    "github_actions",
    "GitHub Actions",
    files=(
        ".github/workflows/*.yml",
        ".github/workflows/*.yaml",
        ".github/actions/**/action.yml",
        ".github/actions/**/action.yaml",
        ".github/dependabot.yml",
        ".github/dependabot.yaml",
        "action.yml",
        "action.yaml",
    ),
    sniff=r"^[ \t]*[\"']?(?:jobs|runs|updates)[\"']?[ \t]*:",
    fence="actions",
    example=".github/workflows/deploy.yml",
)
