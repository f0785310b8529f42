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
        "snippets/*",
        "default.d/*",
        "location.d/*",
        "vhost.d/*",
    ),
    # A directive of nginx's own, with an argument and its semicolon: no other format has it.
    sniff=r"^[^#\n]{0,300}\b(?:listen\s+[\w$*:.\[\]{}/]+(?:[ \t]+[\w=:]+){0,9};"
    r"|server_name\s+[^;=\n]{1,300};|proxy_pass\s+[^;=\n]{1,300};|fastcgi_pass\s+[^;=\n]{1,300};|add_header\s+[^;\n]{1,300};"
    r"|worker_(?:connections|processes)\s+\w+;|ssl_(?:protocols|certificate|certificate_key)\s+[^;=\n]{1,300};"
    r"|(?:access|error)_log\s+[^;=\n]{1,300};|try_files\s+[^;=\n]{1,300};|server_tokens\s+\w+;|stub_status;"
    r"|include\s+[^;=\n]{0,300}(?:/etc/nginx|sites-enabled|conf\.d|mime\.types)[^;\n]{0,300};)"
    # A part of a server, of http, or of a location, by itself.
    r"|^[ \t]*(?:location\s+(?:(?:=|~\*?|\^~)\s*)?[/@~^=\"'\\.(][^\n{;]{0,300}\{|(?:server|upstream\s+[\w.-]+)\s*\{\s*(?:#[^\n]{0,300}\s+){0,20}\w+[ \t]+[^={};\n]{1,300};"
    r"|(?:map|geo)\s+\$\w+\s+\$\w+\s*\{|if\s*\(\$\w+"
    r"|(?:alias|root)\s+/[^;\n]{0,300};|autoindex\s+(?:on|off);|return\s+[1-5]\d\d\b[^;\n]{0,300};|deny\s+all;"
    r"|(?:proxy|fastcgi|uwsgi|scgi|grpc|client)_(?:set_header|ssl_\w+|param|read_timeout|max_body_size|cache_path)\s+[^;=\n]{1,300};"
    r"|ssl_(?:ciphers|session_\w+|prefer_server_ciphers|dhparam|stapling)\s+[^;=\n]{1,500};|auth_basic(?:_user_file)?\s+[^;=\n]{1,300};"
    r"|limit_(?:req|conn)(?:_zone)?\s+[^;\n]{1,300};)"
    r"|^[ \t]*events\s*\{\s*(?:\}|worker_connections|use\s|multi_accept|accept_mutex|#)",
    example="nginx.conf",
    includes=True,
)
