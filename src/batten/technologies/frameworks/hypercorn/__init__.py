from batten.technologies import Technology

technology = Technology(
    "hypercorn",
    "Hypercorn",
    files=("hypercorn*.toml", "hypercorn*.py", "*hypercorn.py", "*hypercorn_conf.py", "*hypercorn_config.py"),
    sniff=r"^[ \t]*(?:bind|insecure_bind|quic_bind|workers|worker_class|accesslog|access_log_format|errorlog|use_reloader|certfile"
    r"|keyfile|keyfile_password|ciphers|server_names|keep_alive_timeout|read_timeout|graceful_timeout|max_requests|wsgi_max_body_size"
    r"|include_server_header|loglevel|root_path)[ \t]*=",
    example="hypercorn.toml",
)
