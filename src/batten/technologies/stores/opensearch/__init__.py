from batten.technologies import Technology

technology = Technology(
    "opensearch",
    "OpenSearch",
    files=("opensearch*.yml", "opensearch*.yaml"),
    sniff=r"^[ \t]*[\"']?(?:cluster|node|path|network|http|discovery|plugins|opendistro_security|bootstrap|transport|action|script)"
    r"(?:\.[\w.\-]+)?[\"']?[ \t]*:",
    unless=r"^[\"']?(?:apiVersion|services|kind|opensearch)[\"']?[ \t]*:|^[ \t]*-?[ \t]*hosts:",
    example="opensearch.yml",
)
