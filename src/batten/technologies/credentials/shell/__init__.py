from batten.technologies import Technology

technology = Technology(
    "shell",
    "Shell scripts and Makefiles",
    files=("*.sh", "*.bash", "Makefile", "makefile", "GNUmakefile", "*.mk"),
    sniff=r"\b(?:docker|podman|nerdctl)[ \t]+(?:container[ \t]+)?run\b|(?i:pass\w{0,20}|secret|token|key)['\"]?[=: ]|://[^\s/@]+@|[ \t]-p"
    r"|\b(?:curl|wget)\b[^\n]{0,200}[ \t]-|insecure-skip-tls-verify|tls-verify=false|sslVerify=false|NODE_TLS_REJECT_UNAUTHORIZED",
    example="start.sh",
    certain=False,
)
