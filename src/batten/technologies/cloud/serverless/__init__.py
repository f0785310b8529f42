from batten.technologies import Technology

technology = Technology(
    "serverless",
    "Serverless Framework",
    files=("serverless.yml", "serverless.yaml", "serverless.json", "serverless.*.yml", "serverless-*.yml"),
    sniff=r"^provider\s*:|[\"']provider[\"']\s*:",
    example="serverless.yml",
)
