"""Settings of application frameworks, and contracts in languages that batten does not read."""

from __future__ import annotations

from batten.technologies.shared.unread.kind import UnreadKind

_KEY = r"[\"']?\s*:\s*[\"']"

APPLICATIONS = (
    # https://docs.aiohttp.org/en/stable/web_quickstart.html, https://sanic.dev, https://www.tornadoweb.org
    UnreadKind("aiohttp application", "*.py", r"^[ \t]*\w+[ \t]*=[ \t]*(?:aiohttp\.)?web\.Application\(", has="web.Application("),
    UnreadKind("Sanic application", "*.py", r"^[ \t]*\w+[ \t]*=[ \t]*Sanic\(", has="Sanic("),
    UnreadKind("Tornado application", "*.py", r"\btornado\.web\.Application\(", has="tornado.web"),
    # https://quarkus.io/guides/config-reference, https://docs.micronaut.io/latest/guide/
    UnreadKind("Quarkus settings", "application.properties application.yml application.yaml", r"^[ \t]*[\"']?%?\w*\.?quarkus[.:]"),
    UnreadKind("Micronaut settings", "application.yml application.yaml application.properties", r"^[ \t]*micronaut[.:]"),
    # https://www.dropwizard.io, https://www.playframework.com/documentation/latest/ConfigFile, https://ktor.io/docs
    UnreadKind("Play settings", "application.conf", r"^[ \t]*play\."),
    UnreadKind("Ktor settings", "application.conf application.yaml", r"^[ \t]*ktor[ \t]*[:{]"),
    # https://jakarta.ee/specifications/servlet/6.0/
    UnreadKind("Java web application", "WEB-INF/web.xml", r"<web-app\b"),
    # https://learn.microsoft.com/iis/configuration/
    UnreadKind("IIS and ASP.NET settings", "web.*.config Web.*.config", r"<configuration\b"),
    UnreadKind("IIS settings", "applicationHost.config", r"<system\.applicationHost\b"),
    # https://symfony.com/doc/current/configuration.html
    UnreadKind(
        "Symfony settings",
        "config/packages/security.yaml config/packages/framework.yaml config/packages/nelmio_cors.yaml config/packages/*/framework.yaml",
    ),
    # https://developer.wordpress.org/advanced-administration/wordpress/wp-config/
    UnreadKind("WordPress settings", "wp-config.php"),
    # https://www.drupal.org/docs, https://docs.joomla.org
    UnreadKind("Drupal settings", "sites/*/settings.php", r"^[ \t]*\$(?:databases|settings|config)\["),
    UnreadKind("Joomla settings", "configuration.php", r"class[ \t]+JConfig\b"),
    # https://codeigniter.com/user_guide/, https://book.cakephp.org
    UnreadKind("CodeIgniter settings", "app/Config/App.php app/Config/Security.php app/Config/Cors.php app/Config/Filters.php"),
    # https://koajs.com, https://hapi.dev, https://hono.dev
    UnreadKind("Koa application", "package.json", rf"\"koa{_KEY}"),
    UnreadKind("hapi application", "package.json", rf"\"@hapi/hapi{_KEY}"),
    UnreadKind("Hono application", "package.json", rf"\"hono{_KEY}"),
    UnreadKind("Next.js application", "package.json", rf"\"next{_KEY}"),
    UnreadKind("Strapi application", "package.json", rf"\"@strapi/strapi{_KEY}"),
    # https://flamego.dev, https://go-macaron.com
    UnreadKind("Flamego application", "go.mod", r"^(?:require)?[ \t]+github\.com/flamego/flamego\b"),
    UnreadKind("Macaron application", "go.mod", r"^(?:require)?[ \t]+gopkg\.in/macaron\.v1\b"),
    # https://connectrpc.com/docs/go/; Gin, Echo, chi, Fiber and Gorilla are read in the code
    UnreadKind(
        "Go web application",
        "go.mod",
        r"^(?:require)?[ \t]+(?:github\.com/(?:beego/beego"
        r"|julienschmidt/httprouter|grpc-ecosystem/grpc-gateway|go-kratos/kratos)|connectrpc\.com/connect|google\.golang\.org/grpc)\b",
    ),
    # https://docs.rs/axum, https://actix.rs/docs/, https://rocket.rs
    UnreadKind("Rust web application", "Cargo.toml", r"^(?:axum|actix-web|rocket|warp|poem|salvo|tonic|tide)[ \t]*(?:=|\.workspace)"),
    UnreadKind("Rocket settings", "Rocket.toml"),
    # https://hexdocs.pm/phoenix/
    UnreadKind("Phoenix settings", "config/config.exs config/runtime.exs config/prod.exs config/releases.exs", r"^import[ \t]+Config|^use[ \t]+Mix\.Config"),
    # https://sinatrarb.com, https://docs.hanamirb.org
    UnreadKind("Rack application", "config.ru"),
    # https://graphql.org/learn/schema/, https://protobuf.dev/programming-guides/proto3/#services
    UnreadKind("GraphQL schema", "*.graphql *.graphqls *.gql", r"^[ \t]*(?:extend[ \t]+)?type[ \t]+(?:Query|Mutation)\b"),
    UnreadKind("gRPC service", "*.proto", r"^[ \t]*service[ \t]+\w+[ \t]*\{"),
    # https://github.com/raml-org/raml-spec, https://apiblueprint.org, https://www.w3.org/TR/wsdl20/
    UnreadKind("RAML contract", "*.raml", r"\A#%RAML[ \t]"),
    UnreadKind("API Blueprint contract", "*.apib"),
    UnreadKind("WSDL contract", "*.wsdl"),
)  # fmt: skip
