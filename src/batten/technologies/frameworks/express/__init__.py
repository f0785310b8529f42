from batten.technologies import Technology

technology = Technology(
    "express",
    "Express, Fastify and NestJS",
    files=("*.js", "*.mjs", "*.cjs", "*.ts", "*.mts", "*.cts"),
    sniff=r"(?:require\(\s*|from\s+|import\s+)['\"](?:express|fastify|cors|express-session|http-proxy(?:-middleware)?|cookie-session|cookie-parser|body-parser"
    r"|errorhandler|serve-index|method-override|jsonwebtoken|express-jwt|koa-jwt|passport-jwt|socket\.io|@nestjs/\w+|@fastify/\w+|swagger-ui-express)['\"]"
    r"|\bres(?:ponse)?\.cookie\(|(?i:['\"`]access-control-allow-origin['\"`])|\bres(?:ponse)?\.(?:status\([^()\n]*\)\.)?(?:send|json)\([^()\n]*(?:\.stack\b|process\.env\b)"
    r"|rejectUnauthorized|checkServerIdentity|secureProtocol|\bminVersion\b|\bciphers:|NODE_TLS_REJECT_UNAUTHORIZED|://[^\s:/@'\"`]*:[^\s/@'\"`]+@",
    fence="express",
    example="app.js",
    certain=False,
)
