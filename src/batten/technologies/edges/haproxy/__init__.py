from batten.technologies import Technology

technology = Technology(
    "haproxy",
    "HAProxy",
    files=("*.cfg", "*haproxy*.conf", "*haproxy*.cfg.*"),
    # A section, and a statement of HAProxy's own: setup.cfg and its kin have neither.
    sniff=r"\A(?=[\s\S]*^[ \t]*(?:global|defaults|frontend|backend|listen)(?:[ \t]+[\w.:@ \t-]+)?(?:#.*)?\r?$)"
    r"(?=[\s\S]*^[ \t]*(?:bind[ \t]+[\w*:\[/.\"'@$]|server[ \t]+\S+[ \t]+\S+"
    r"|timeout[ \t]+(?:client|server|connect|http-request)[ \t]+[\w\"'$]|mode[ \t]+(?:http|tcp)\b"
    r"|default_backend[ \t]+\w|log[ \t]+(?:global|stdout|/dev/log)\b|ssl-default-bind-\w+[ \t]))",
    example="haproxy.cfg",
)
