from batten.technologies import Technology

technology = Technology(
    "elasticsearch",
    "Elasticsearch",
    files=("elasticsearch*.yml", "elasticsearch*.yaml"),
    sniff=r"^[ \t]*[\"']?(?:cluster|node|path|network|http|discovery|xpack|bootstrap|transport|action|script|ingest|indices|thread_pool)"
    r"(?:\.[\w.\-]+)?[\"']?[ \t]*:",
    unless=r"^[\"']?(?:apiVersion|services|kind|elasticsearch)[\"']?[ \t]*:|^[ \t]*-?[ \t]*hosts:",
    example="elasticsearch.yml",
)
