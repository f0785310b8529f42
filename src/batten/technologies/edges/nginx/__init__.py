from batten.model import MinimumTls, UseSuites
from batten.technologies import Technology

technology = Technology(
    "nginx",
    "nginx",
    files=(
        "*.conf",
        "*.conf.*",  # templates of Ansible, Chef, Helm and envsubst, samples, and what packages leave beside the file
        "*.nginx",
        "*.vhost",
        "nginx*.j2",
        "nginx*.tpl",
        "nginx*.tmpl",
        "nginx*.template",
        "nginx*.erb",
        "nginx-*.txt",  # nginx -T
        "nginx_*.txt",
        "nginx*.dump",
        "default.template",
        "nginx/default*",
        "nginx/conf/*",
        "nginx/includes/*",
        "nginx/sites/*",
        "nginx/*.inc",
        "conf.d/*",
        "http.d/*",
        "sites-enabled/*",
        "sites-available/*",
        "streams-enabled/*",
        "stream.d/*",
        "snippets/*",
        "default.d/*",
        "location.d/*",
        "locations/*",
        "vhosts/*",
        "vhost.d/*",
    ),
    # A directive of nginx's own, with an argument and its semicolon: no other format has it.
    sniff=r"^[^#\n]{0,300}\b(?:listen\s+[\w$*:.\[\]{}/]+(?:[ \t]+[\w=:]+){0,9};"
    r"|server_name\s+[^;=\n]{1,300};|(?:proxy|fastcgi|uwsgi|scgi|grpc)_pass\s+[^;=\n]{1,300};|add_header\s+[^;\n]{1,300};"
    r"|worker_(?:connections|processes)\s+\w+;|ssl_(?:protocols|certificate|certificate_key)\s+[^;=\n]{1,300};"
    r"|(?:access|error)_log\s+[^;=\n]{1,300};|try_files\s+[^;=\n]{1,300};|server_tokens\s+\w+;|stub_status;"
    r"|location\s+(?:(?:=|~\*?|\^~)\s*)?[/@~^=\"'\\.(][^\n{;]{0,300}\{"
    r"|include\s+[^;=\n]{0,300}(?:/etc/nginx|sites-enabled|conf\.d|mime\.types)[^;\n]{0,300};)"
    # A part of a server, of http, or of a location, by itself.
    r"|^[ \t]*(?:(?:server|http|stream|mail|(?:upstream|oidc_provider|acme_issuer)\s+[\w.-]+)\s*\{\s*(?:#[^\n]{0,300}\s+){0,20}\w+[ \t]+[^={};\n]{1,300};"
    r"|(?:map|geo)\s+\$\w+\s+\$\w+\s*\{|geo\s+\$\w+\s*\{|if\s*\(\s*\$\w+|set\s+\$\w+\s+[^;\n]{1,300};"
    r"|(?:alias|root)\s+[\"']?/[^;\n]{0,300};|autoindex\s+(?:on|off);|return\s+[1-5]\d\d\b[^;\n]{0,300};"
    r"|(?:allow|deny)\s+(?:all|[\d.a-fA-F:]+(?:/\d+)?);|rewrite\s+[\^\"'(/.][^;\n]{1,300};|valid_referers\s+[^;\n]{1,300};"
    r"|resolver\s+[\w.:\[\]$-]+[^;\n]{0,300};|set_real_ip_from\s+[^;=\n]{1,99};|satisfy\s+(?:any|all);|proxy_method\s+[^;=\n]{1,99};"
    r"|(?:merge_slashes|underscores_in_headers|ignore_invalid_headers|ssl_early_data|userid|dav_methods)\s+[^;=\n]{1,99};"
    r"|(?:proxy|fastcgi|uwsgi|scgi|grpc|client|more|large_client)_(?:\w*header\w*|set_headers|ssl_\w+|param|\w+_timeout|max_body_size"
    r"|(?:no_)?cache\w*|cookie_\w+|redirect)\s+[^;=\n]{1,300};"
    r"|ssl_(?:ciphers|session_\w+|prefer_server_ciphers|dhparam|stapling|verify_\w+|conf_command)\s+[^;\n]{1,500};"
    r"|auth_(?:basic(?:_user_file)?|request(?:_set)?|jwt\w*)\s+[^;=\n]{1,300};|limit_(?:req|conn)(?:_zone)?\s+[^;\n]{1,300};)"
    r"|^[ \t]*events\s*\{\s*(?:\}|worker_connections|use\s|multi_accept|accept_mutex|#)"
    r"|^# configuration file /[^\n]{1,300}:$",
    # rsyslog's scripts have `if ($…)`, too.
    unless=r"^[ \t]*(?:action|module|template|input|ruleset)\(\w+=|\)[ \t\r\n]+then\b",
    example="nginx.conf",
    includes=True,
    in_place=(UseSuites, MinimumTls),
)
