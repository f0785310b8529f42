from batten.technologies import Technology

technology = Technology(
    "github_actions",
    "GitHub Actions",
    files=(
        ".github/workflows/*.yml",
        ".github/workflows/*.yaml",
        # The same syntax: https://docs.gitea.com/usage/actions/comparison, https://forgejo.org/docs/latest/user/actions/
        ".gitea/workflows/*.yml",
        ".gitea/workflows/*.yaml",
        ".forgejo/workflows/*.yml",
        ".forgejo/workflows/*.yaml",
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
