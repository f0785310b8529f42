from batten.technologies import Technology

technology = Technology(
    "traefik",
    "Traefik",
    files=("*.yml", "*.yaml", "*.toml"),
    # Static: entry points, or providers beside another key of Traefik's own. Dynamic: routers and their kin below
    # http or tcp, or TLS options; what Helm or Kubernetes make of these names is not in column 0 without a kind.
    sniff=(
        r"\A(?![\s\S]*^[\"']?(?:apiVersion|AWSTemplateFormatVersion|openapi|asyncapi)[\"']?[ \t]*:)"
        r"(?:"
        r"(?=[\s\S]*^(?:entryPoints|entrypoints)[ \t]*:)"
        r"|(?=[\s\S]*^providers[ \t]*:[ \t]*\r?$)"
        r"(?=[\s\S]*^(?:api|ping|global|log|accessLog|accesslog|certificatesResolvers|certificatesresolvers)[ \t]*:)"
        r"(?=[\s\S]*^[ \t]+(?:docker|file|swarm|kubernetesCRD|kubernetesIngress|consulCatalog|nomad|ecs|redis|etcd"
        r"|consul|http|rest)[ \t]*:)"
        r"|(?=[\s\S]*^(?:http|tcp|udp)[ \t]*:[ \t]*(?:#[^\n]*)?\r?\n(?:[ \t]*(?:#[^\n]*)?\r?\n)*"
        r"[ \t]+(?:routers|middlewares|services|serversTransports)[ \t]*:)"
        r"|(?=[\s\S]*^tls[ \t]*:[ \t]*(?:#[^\n]*)?\r?\n(?:[ \t]*(?:#[^\n]*)?\r?\n)*"
        r"[ \t]+(?:options|stores|certificates)[ \t]*:)"
        r"|(?=[\s\S]*^[ \t]*\[\[?(?:entryPoints\b|providers\.(?:docker|file|swarm)\b|certificatesResolvers\."
        r"|(?:http|tcp)\.(?:routers|middlewares|services|serversTransports)\b|tls\.(?:options|stores)\.|tls\.certificates\]))"
        r")"
    ),
    example="traefik.yml",
)
