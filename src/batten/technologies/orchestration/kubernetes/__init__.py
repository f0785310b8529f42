from batten.technologies import Technology

technology = Technology(
    "kubernetes",
    "Kubernetes",
    files=("*.yaml", "*.yml", "*.json", "kubeconfig", "*.kubeconfig", ".kube/config"),
    # Both keys in column 0 of YAML, or anywhere in a JSON object.
    sniff=(
        r"\A(?![\s\S]*^[\"']?(?:services|openapi|swagger|AWSTemplateFormatVersion)[\"']?\s*:)"
        r"(?:(?=[\s\S]*^[\"']?apiVersion[\"']?\s*:\s*\S)(?=[\s\S]*^[\"']?kind[\"']?\s*:\s*[\"']?[A-Z{])"
        # k3s: https://docs.k3s.io/installation/configuration#configuration-file
        r"|(?=[\s\S]*^(?:kube-apiserver-arg|kubelet-arg|write-kubeconfig-mode|kube-controller-manager-arg)[ \t]*:)"
        r"|\s*\{(?=[\s\S]*\"apiVersion\"\s*:\s*\"[a-z])(?=[\s\S]*\"kind\"\s*:\s*\"[A-Z]))"
    ),
    fence="kubernetes",
    example="manifests.yaml",
)
