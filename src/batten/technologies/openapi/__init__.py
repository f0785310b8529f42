from batten.technologies import Technology

technology = Technology(
    "openapi",
    "OpenAPI",
    files=("*.yaml", "*.yml", "*.json"),
    # The version key at top level: column 0 in YAML, or a shallow key of a JSON object. The reader
    # looks again, for a package.json may list a dependency of that name.
    sniff=r"^[\"']?(?:openapi|swagger)[\"']?\s*:\s*[\"']?[23]\b"
    r"|\A\s*\{\s*[\"']?(?:openapi|swagger)[\"']?\s*:\s*[\"']?[23]\b"
    r"|^(?: {1,4}|\t)\"(?:openapi|swagger)\"\s*:\s*\"[23]\.\d",
    example="openapi.yaml",
)
