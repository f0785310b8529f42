from batten.technologies import Technology

technology = Technology(
    "shell",
    "Shell scripts and Makefiles",
    files=("*.sh", "*.bash", "Makefile", "makefile", "GNUmakefile", "*.mk"),
    sniff=r"\b(?:docker|podman|nerdctl)[ \t]+(?:container[ \t]+)?run\b",
    example="start.sh",
    certain=False,
)
