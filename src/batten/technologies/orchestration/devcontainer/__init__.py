from batten.technologies import Technology

technology = Technology(
    "devcontainer",
    "Development containers",
    files=("devcontainer.json", ".devcontainer.json"),
    example=".devcontainer/devcontainer.json",
)
