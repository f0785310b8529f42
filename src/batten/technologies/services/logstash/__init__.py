from batten.technologies import Technology

technology = Technology(
    "logstash",
    "Logstash",
    files=("logstash*.yml", "logstash*.yaml", "logstash/*.yml", "logstash/**/*.yml"),
    sniff=r"^[ \t]*[\"']?(?:api|http|pipeline|path|queue|xpack|node|config|log|dead_letter_queue)(?:\.[\w.\-]+)?[\"']?[ \t]*:",
    unless=r"^[\"']?(?:apiVersion|services|kind|version|image)[\"']?[ \t]*:|^[ \t]*[\"']?(?:cluster\.name|server\.host|discovery\.|elasticsearch\.hosts)",
    example="logstash.yml",
)
