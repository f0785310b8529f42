from batten.technologies import Technology

technology = Technology(
    "pm2",
    "PM2",
    files=("ecosystem*.js", "ecosystem*.cjs", "ecosystem*.mjs", "pm2*.config.js", "pm2*.config.cjs"),
    sniff=r"\bapps\s*:\s*\[",
    example="ecosystem.config.js",
)
