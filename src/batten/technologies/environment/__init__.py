from batten.technologies import Technology

technology = Technology(
    "environment",
    "Environment files and shell histories",
    files=(
        ".env",
        ".env.*",
        "*.env",
        ".*_history",
        ".*_history-*",
        ".history",
        ".dbshell",
        ".mysql_history.*",
    ),
    fence="env",
    example=".env",
)
