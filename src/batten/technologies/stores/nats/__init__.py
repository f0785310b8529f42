from batten.technologies import Technology

technology = Technology(
    "nats",
    "NATS",
    files=("nats*.conf", "*nats-server*.conf", "nats/*.conf"),
    sniff=r"^[ \t]*[\"']?(?:listen|host|port|http|http_port|https_port|monitor_port|authorization|accounts|cluster|jetstream|leafnodes"
    r"|gateway|server_name|operator|resolver|websocket|mqtt|max_payload|tls|no_auth_user|system_account)[\"']?[ \t]*(?:[:={]|[ \t]\S)",
    unless=r"^[ \t]*(?:server|upstream|location)\b[^:=\n]*\{",
    example="nats-server.conf",
)
