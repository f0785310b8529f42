from batten.technologies import Technology

technology = Technology(
    "sbom",
    "Software bills of materials (CycloneDX, SPDX)",
    files=(
        "bom.json",
        "bom.xml",
        "*.bom.json",
        "*.bom.xml",
        "*.cdx.json",
        "*.cdx.xml",
        "*sbom*.json",
        "*sbom*.xml",
        "*.spdx",
        "*.spdx.json",
        "*.spdx3.json",
        "*.spdx.jsonld",
    ),
    example="bom.json",
    certain=False,
)
