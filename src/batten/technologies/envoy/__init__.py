from batten.technologies import Technology

technology = Technology(
    "envoy",
    "Envoy",
    files=("*.yaml", "*.yml", "*.json"),
    # Bootstraps, and resources of xDS. Whatever has an apiVersion may hold one, and is something else.
    sniff=(
        r"\A(?![\s\S]*^[ \t{]*[\"']?(?:apiVersion|services|openapi|swagger|asyncapi|AWSTemplateFormatVersion)[\"']?\s*:)"
        r"(?=[\s\S]*(?:^(?:[ \t]*\{?[ \t]*[\"'])?(?:static_resources|staticResources|dynamic_resources)[\"']?\s*:"
        r"|@type[\"']?\s*:\s*[\"']?type\.googleapis\.com/envoy\.))"
    ),
    fence="envoy",
    example="envoy.yaml",
)
