from batten.technologies import Technology

technology = Technology(
    "pulumi",
    "Pulumi programs in YAML, previews and exported stacks",
    files=("Pulumi.yaml", "Pulumi.yml", "Main.yaml", "*.json"),
    sniff=r"^resources\s*:|urn:pulumi:",
    example="Pulumi.yaml",
)
