"""Descriptions of an API that are served beside it, and the pages that show them."""

from __future__ import annotations

from batten.live import proofs
from batten.live.catalogue.item import console, docs, keys, page, text, titled

_SHOWN = (
    r"SwaggerUIBundle|swagger-ui(?:\.css|-bundle|\.js)|<redoc\b|Redoc\.init|<rapi-doc\b|id=\"api-reference\""
    r"|<elements-api\b|scalar/api-reference"
)

ITEMS = (
    docs(
        "interactive API documentation",
        page(_SHOWN),
        "/docs /redoc /swagger /swagger-ui/ /swagger-ui.html /swagger-ui/index.html /ui/ /apidocs/ /api/docs /api/ui/"
        " /api-docs/ /swagger/ /swagger-ui /swagger/index.html /swagger/ui/index /api/docs/ /scalar /scalar/v1 /doc"
        " /documentation /rapidoc /api/swagger /api/redoc /api/schema/swagger-ui/ /q/swagger-ui/ /webjars/swagger-ui/",
        page=True,
    ),
    docs(
        "API schema",
        proofs.api_schema,
        "/openapi.json /openapi.yaml /swagger.json /v3/api-docs /v2/api-docs /api-docs /api/openapi.json"
        " /swagger/v1/swagger.json /api/schema/ /api/swagger.json /openapi.yml /swagger.yaml /api-docs.json"
        " /swagger/docs/v1 /apispec_1.json /api/v1/openapi.json /v1/openapi.json /docs/openapi.json /q/openapi /schema"
        " /spec /docs.json",
    ),
    docs("list of API schemas", keys("0.swaggerVersion"), "/swagger-resources"),
    docs("Swagger UI settings", keys("urls"), "/v3/api-docs/swagger-config"),
    docs("AsyncAPI document", text(r"^asyncapi:|\"asyncapi\"\s*:"), "/asyncapi.json /asyncapi.yaml"),
    docs("WSDL", text(r"<(?:\w+:)?definitions\b[^<>]*schemas\.xmlsoap\.org/wsdl"), "/?wsdl /services?wsdl /ws?wsdl /soap?wsdl"),
    docs("WADL", text(r"<application\b[^<>]*wadl\.dev\.java\.net"), "/application.wadl"),
    docs("OData model", text(r"<edmx:Edmx\b"), "/$metadata /odata/$metadata"),
    docs("Postman collection", keys("info._postman_id"), "/postman_collection.json /postman.json /collection.json"),
    docs("RAML document", text(r"\A#%RAML \d"), "/api.raml"),
    docs("API Blueprint", text(r"\AFORMAT: 1A"), "/apiary.apib"),
    docs("GraphQL schema", text(r"^type (?:Query|Mutation) \{"), "/schema.graphql /schema.gql /graphql/schema"),
    console(
        "GraphQL console",
        page(r"GraphiQL|graphql-playground|ApolloSandbox|embeddable-sandbox|graphql-voyager", r"(?i)<(?:!doctype|html)"),
        "/graphiql /graphql /playground /altair /voyager /graphql/console /api/graphql /v1/graphql",
        below=True,
        page=True,
    ),
    console("GraphQL voyager", titled(r"GraphQL Voyager"), "/voyager"),
)  # fmt: skip
