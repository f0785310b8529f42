from batten.technologies import Technology

technology = Technology(
    "nginx",
    "nginx",
    files=(
        "*.conf",
        "*.conf.template",
        "*.nginx",
        "*.vhost",
        "conf.d/*",
        "sites-enabled/*",
        "sites-available/*",
    ),
    # A directive of nginx's own, with an argument and its semicolon: no other format has it.
    sniff=r"^[^#\n]*\b(?:listen\s+[\w$*:.\[\]{}/]+(?:\s+[\w=:]+)*;"
    r"|server_name\s+[^;=\n]+;|proxy_pass\s+[^;=\n]+;|fastcgi_pass\s+[^;=\n]+;|add_header\s+[^;\n]+;"
    r"|worker_(?:connections|processes)\s+\w+;|ssl_(?:protocols|certificate|certificate_key)\s+[^;=\n]+;"
    r"|(?:access|error)_log\s+[^;=\n]+;|try_files\s+[^;=\n]+;|server_tokens\s+\w+;|stub_status;"
    r"|include\s+[^;=\n]*(?:/etc/nginx|sites-enabled|conf\.d|mime\.types)[^;\n]*;)"
    r"|^[ \t]*events\s*\{\s*(?:\}|worker_connections|use\s|multi_accept|accept_mutex|#)",
    example="nginx.conf",
)
