from batten.technologies import Technology

technology = Technology(
    "postgresql",
    "PostgreSQL",
    files=(
        "postgresql*.conf",
        "postgres*.conf",
        "pg_hba*.conf",
        "*pg_hba.conf",
        "pg_ident*.conf",
        "conf.d/*.conf",
        "postgresql/**/*.conf",
    ),
    # A setting of PostgreSQL's own, a rule for logins, or a line of three names in a file that is called pg_ident.
    sniff=r"^[ \t]*(?:(?i:listen_addresses|max_connections|shared_buffers|password_encryption|hba_file|ident_file"
    r"|ssl_(?:cert_file|key_file|ca_file|ciphers|min_protocol_version)|log_(?:connections|disconnections|statement|min_\w+"
    r"|line_prefix|destination|directory|filename|file_mode|duration|checkpoints|timezone|rotation_\w+|lock_waits|hostname)"
    r"|debug_print_\w+|ssl_\w+|autovacuum\w*|wal_\w+|logging_collector|wal_level|max_wal_size|shared_preload_libraries|work_mem"
    r"|data_directory|external_pid_file|include_dir|include_if_exists|unix_socket_\w+|primary_conninfo"
    r"|effective_cache_size|maintenance_work_mem|allow_system_table_mods|backslash_quote"
    r"|standard_conforming_strings|lo_compat_privileges|db_user_namespace|bonjour|ssl|port)(?:[ \t]*=|[ \t]+')"
    r"|(?:local|host|hostssl|hostnossl|hostgssenc|hostnogssenc)[ \t]+\S+[ \t]+\S+"
    r"|[\w.-]+[ \t]+(?:/\S+|[\w.@\"*-]+)[ \t]+[\w\"\\.-]+[ \t]*\r?$)",
    unless=r"^\[[^\]\n]{1,100}\][ \t]*\r?$|^[^#\n]*[;{}][ \t]*\r?$",  # an ini file, or one with blocks
    example="postgresql.conf",
    includes=True,
)
