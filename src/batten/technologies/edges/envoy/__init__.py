from batten.technologies import Technology

technology = Technology(
    "envoy",
    "Envoy",
    files=("*.yaml", "*.yml", "*.json"),
    # Bootstraps, and resources of xDS. Whatever has an apiVersion may hold one, and is something else.
    sniff=(
        r"^(?:[ \t]{0,40}\{?[ \t]{0,40}[\"'])?(?:static_resources|staticResources|dynamic_resources)[\"']?\s{0,9}:"
        r"|^[ \t-]{0,40}[\"']?(?:load_assignment|filter_chains|loadAssignment|filterChains)[\"']?\s{0,9}:"
        r"|@type[\"']?\s{0,9}:\s{0,9}[\"']?type\.googleapis\.com/envoy\."
    ),
    unless=r"^[ \t{]{0,40}[\"']?(?:apiVersion|services|openapi|swagger|asyncapi|AWSTemplateFormatVersion)[\"']?\s{0,9}:",
    fence="envoy",
    example="envoy.yaml",
)
