from batten.technologies import Technology

technology = Technology(
    "kong",
    "Kong Gateway",
    files=("*.yml", "*.yaml", "*.json", "kong.conf", "kong*.conf"),
    # A declarative configuration says its format; kong.conf says where Kong listens, or what of it is default.
    sniff=(
        r"^[ \t{]*[\"']?_format_version[\"']?[ \t]*:"
        # A part of one, as decK merges them: a list of services or routes with what only Kong's have.
        r"|\A(?:[ \t]*(?:#[^\n]*)?\r?\n|---[^\n]*\n){0,50}(?:services|routes|plugins|consumers|upstreams):[ \t]*\r?\n[ \t]*-[ \t]"
        r"(?=[\s\S]{0,5000}^[ \t-]+(?:strip_path|tls_verify|preserve_host|keyauth_credentials|plugins|ca_certificates)[ \t]*:)"
        r"|^#?[ \t]*(?:proxy_listen|admin_listen|declarative_config|pg_host|nginx_user|ssl_cipher_suite|trusted_ips"
        r"|proxy_access_log|status_listen|untrusted_lua|pg_password|headers)[ \t]*="
    ),
    fence="kong",
    example="kong.yml",
)
