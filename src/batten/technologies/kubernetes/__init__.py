from batten.technologies import Technology

technology = Technology(
    "kubernetes",
    "Kubernetes",
    files=("*.yaml", "*.yml", "*.json", "kubeconfig", "*.kubeconfig", ".kube/config"),
    # Both keys in column 0 of YAML, or anywhere in a JSON object.
    sniff=(
        r"\A(?![\s\S]*^[\"']?(?:services|openapi|swagger|AWSTemplateFormatVersion)[\"']?\s*:)"
        r"(?:(?=[\s\S]*^[\"']?apiVersion[\"']?\s*:\s*\S)(?=[\s\S]*^[\"']?kind[\"']?\s*:\s*[\"']?[A-Z{])"
        r"|\s*\{(?=[\s\S]*\"apiVersion\"\s*:\s*\"[a-z])(?=[\s\S]*\"kind\"\s*:\s*\"[A-Z]))"
    ),
    fence="kubernetes",
    example="manifests.yaml",
)
