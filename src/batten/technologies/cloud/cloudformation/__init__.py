from batten.technologies import Technology

technology = Technology(
    "cloudformation",
    "CloudFormation, SAM and CDK output",
    files=("*.yaml", "*.yml", "*.json", "*.template"),
    # Its format version, SAM's transform, or a resource; the reader looks again for a section of them.
    sniff=r"[\"']?AWSTemplateFormatVersion[\"']?\s*:"
    r"|AWS::Serverless-2016-10-31"
    r"|[\"']?\bType[\"']?\s*:\s*[\"']?(?:AWS|Custom)::\w+",
    after=("serverless",),
    example="template.yaml",
)
