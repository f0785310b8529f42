from batten.technologies import Technology

technology = Technology(
    "express",
    "Express, Fastify and NestJS",
    files=("*.js", "*.mjs", "*.cjs", "*.ts", "*.mts", "*.cts"),
    sniff=r"(?:require\(\s*|from\s+|import\s+)['\"](?:express|fastify|cors|express-session|http-proxy(?:-middleware)?|cookie-session|cookie-parser|body-parser"
    r"|errorhandler|serve-index|method-override|jsonwebtoken|@nestjs/\w+|@fastify/\w+|swagger-ui-express)['\"]"
    r"|\bres(?:ponse)?\.cookie\(|['\"]Access-Control-Allow-Origin['\"]|\bres(?:ponse)?\.(?:status\([^()\n]*\)\.)?(?:send|json)\([^()\n]*(?:\.stack\b|process\.env\b)"
    r"|rejectUnauthorized|NODE_TLS_REJECT_UNAUTHORIZED|://[^\s:/@'\"`]*:[^\s/@'\"`]+@",
    fence="express",
    example="app.js",
    certain=False,
)
