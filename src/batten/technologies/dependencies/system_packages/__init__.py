from batten.technologies import Technology

technology = Technology(
    "system_packages",
    "Packages of operating systems (image archives, root file systems)",
    files=(
        "*.tar",
        "*.tar.gz",
        "*.tgz",
        "var/lib/dpkg/status",
        "var/lib/dpkg/status.d/*",
        "lib/apk/db/installed",
    ),
    example="var/lib/dpkg/status",
    certain=False,
)
