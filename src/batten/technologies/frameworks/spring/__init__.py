from batten.technologies import Technology

technology = Technology(
    "spring",
    "Spring Boot",
    files=(
        "application.properties",
        "application-*.properties",
        "application.yml",
        "application.yaml",
        "application-*.yml",
        "application-*.yaml",
        "bootstrap.properties",
        "bootstrap.yml",
        "bootstrap.yaml",
        # by any name, with `spring.config.name`, `spring.config.import` or @PropertySource
        "src/main/resources/*.yml",
        "src/main/resources/*.yaml",
        "src/main/resources/*.properties",
        "src/main/resources/config/*.yml",
        "src/main/resources/config/*.yaml",
        "src/main/resources/config/*.properties",
        "*.java",
        "*.kt",
    ),
    sniff=r"^[ \t]*(?:spring|server|management|security|logging|eureka|springdoc|debug)[ \t]*[.:=]"
    r"|\bSecurity(?:Web)?FilterChain\b|\bCors(?:Configuration|Registry)\b|@CrossOrigin\b",
    unless=r"^[ \t]*[\"']?%?(?:quarkus|micronaut|ktor|apiVersion|services|openapi|swagger|asyncapi|databaseChangeLog)[ \t]*[.:=]",
    example="application.properties",
)
