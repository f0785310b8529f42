from batten.technologies import Technology

technology = Technology(
    "chroma",
    "Chroma",
    files=("*chroma*.yaml", "*chroma*.yml", "*chroma*/*.yaml", "*chroma*/*.yml"),
    sniff=r"^(?:persist_path|listen_address|allow_reset|cors_allow_origins|sqlitedb|max_payload_size_bytes|open_telemetry)[ \t]*:",
    unless=r"^[\"']?(?:apiVersion|services|kind)[\"']?[ \t]*:",
    example="chroma.yaml",
)
