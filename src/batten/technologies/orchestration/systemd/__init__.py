from batten.technologies import Technology

technology = Technology(
    "systemd",
    "systemd",
    files=("*.service", "*.socket", "*.service.d/*.conf", "*.socket.d/*.conf"),
    sniff=r"^\[(?:Unit|Service|Socket|Install)\]",
    example="api.service",
)
