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
        "*.java",
        "*.kt",
    ),
    sniff=r"^[ \t]*(?:spring|server|management|security|logging|eureka|springdoc|debug)[ \t]*[.:=]"
    r"|\bSecurity(?:Web)?FilterChain\b|\bCors(?:Configuration|Registry)\b|@CrossOrigin\b",
    unless=r"^[ \t]*[\"']?%?(?:quarkus|micronaut|ktor|apiVersion|services)[ \t]*[.:=]",
    example="application.properties",
)
