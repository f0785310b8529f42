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
    sniff=r"^[^#\n]{0,300}\b(?:listen\s+[\w$*:.\[\]{}/]+(?:[ \t]+[\w=:]+){0,9};"
    r"|server_name\s+[^;=\n]{1,300};|proxy_pass\s+[^;=\n]{1,300};|fastcgi_pass\s+[^;=\n]{1,300};|add_header\s+[^;\n]{1,300};"
    r"|worker_(?:connections|processes)\s+\w+;|ssl_(?:protocols|certificate|certificate_key)\s+[^;=\n]{1,300};"
    r"|(?:access|error)_log\s+[^;=\n]{1,300};|try_files\s+[^;=\n]{1,300};|server_tokens\s+\w+;|stub_status;"
    r"|include\s+[^;=\n]{0,300}(?:/etc/nginx|sites-enabled|conf\.d|mime\.types)[^;\n]{0,300};)"
    r"|^[ \t]*events\s*\{\s*(?:\}|worker_connections|use\s|multi_accept|accept_mutex|#)",
    example="nginx.conf",
    includes=True,
)
