from batten.technologies import Technology

technology = Technology(
    "caddy",
    "Caddy",
    files=("Caddyfile", "*.caddyfile", "*.Caddyfile", "Caddyfile.*", "*.caddy", "*caddy*.json"),
    # Any text is a Caddyfile; JSON must have an app of Caddy's own, or its admin API.
    sniff=r"\A(?!\s*\{\s*\")|\A\s*\{(?=[\s\S]*\"(?:apps|admin)\"\s*:\s*\{)(?=[\s\S]*\"(?:servers|http|tls|listen|handler)\"\s*:)",
    fence="caddyfile",
    example="Caddyfile",
    includes=True,
)
