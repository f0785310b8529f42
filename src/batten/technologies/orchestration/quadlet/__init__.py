from batten.technologies import Technology

technology = Technology(
    "quadlet",
    "Podman quadlets",
    files=("*.container", "*.pod", "*.kube", "*.image", "*.build", "*.container.d/*.conf", "*.pod.d/*.conf"),
    sniff=r"^\[(?:Container|Pod|Kube|Image|Build)\]",
    example="api.container",
)
