from batten.technologies import Technology

technology = Technology(
    "redis",
    "Redis and Valkey",
    files=("*redis*.conf", "*valkey*.conf", "*sentinel*.conf", "*.acl"),
    # A directive of the servers' own, bare or with arguments; Sentinel's have a word of their own before them.
    sniff=r"^[ \t]*(?i:sentinel|bind|port|tls-port|unixsocket|protected-mode|"
    r"requirepass|masterauth|aclfile|user|save|appendonly|maxmemory|maxmemory-policy|rename-command|"
    r"enable-debug-command|enable-module-command|enable-protected-configs|replicaof|slaveof|loadmodule|"
    r"cluster-enabled|databases|acllog-max-len|loglevel|tls-protocols|tls-ciphers|tls-cert-file|include)[ \t]+[^=;\s][^;\n]*(?<!\{)$",
    unless=r"^\[[^\]\n]{1,100}\][ \t]*\r?$",  # an ini file
    example="redis.conf",
    includes=True,
)
