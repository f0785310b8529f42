from batten.technologies import Technology

technology = Technology(
    "kustomize",
    "Kustomize",
    files=("kustomization.yaml", "kustomization.yml", "Kustomization"),
    example="kustomization.yaml",
)
