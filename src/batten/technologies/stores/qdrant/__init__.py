from batten.technologies import Technology

technology = Technology(
    "qdrant",
    "Qdrant",
    files=("*qdrant*.yaml", "*qdrant*.yml", "qdrant/*.yaml", "qdrant/**/*.yaml"),
    sniff=r"^service[ \t]*:[ \t]*\r?\n(?:[ \t]+\S[^\n]*\n|[ \t]*(?:#[^\n]*)?\n){0,40}?"
    r"[ \t]+(?:http_port|grpc_port|api_key|read_only_api_key|enable_tls|enable_cors|jwt_rbac|max_request_size_mb|host)[ \t]*:",
    unless=r"^[\"']?(?:apiVersion|services|kind)[\"']?[ \t]*:",
    example="qdrant.yaml",
)
