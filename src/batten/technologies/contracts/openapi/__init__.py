from batten.technologies import Technology

technology = Technology(
    "openapi",
    "OpenAPI",
    files=("*.yaml", "*.yml", "*.json"),
    # The version key: in column 0 of YAML, or anywhere in a JSON object, for it need not come first.
    # The reader looks again, for a package.json may list a dependency of that name.
    sniff=r"^[\"']?(?:openapi|swagger)[\"']?\s*:\s*[\"']?[23]\b|^[\"']?(?:overlay|arazzo)[\"']?\s*:\s*[\"']?1\.\d"
    r"|\A\s*\{\s*[\"']?(?:openapi|swagger)[\"']?\s*:\s*[\"']?[23]\b"
    r"|\A\s*\{(?s:.*?)\"(?:openapi|swagger)\"\s*:\s*\"[23]\.\d"
    r"|\A\s*\{(?s:.*?)\"(?:overlay|arazzo)\"\s*:\s*\"1\.\d",
    example="openapi.yaml",
    certain=False,
)
