from batten.technologies import Technology

technology = Technology(
    "gitlab_ci",
    "GitLab CI",
    files=(
        ".gitlab-ci.yml",
        ".gitlab-ci.yaml",
        "*.gitlab-ci.yml",
        ".gitlab/ci/**/*.yml",
        ".gitlab/ci/**/*.yaml",
        ".gitlab-ci/**/*.yml",
        ".gitlab-ci/**/*.yaml",
    ),
    fence="gitlab",
    example=".gitlab-ci.yml",
)
