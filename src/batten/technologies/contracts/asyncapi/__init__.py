from batten.technologies import Technology

technology = Technology(
    "asyncapi",
    "AsyncAPI",
    files=("*.yaml", "*.yml", "*.json"),
    sniff=r"^[\"']?asyncapi[\"']?\s*:\s*[\"']?[23]\b|\A\s*\{(?s:.*?)\"asyncapi\"\s*:\s*\"[23]\.\d",
    example="asyncapi.yaml",
)
