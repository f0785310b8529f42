from batten.technologies import Technology

technology = Technology(
    "keycloak",
    "Keycloak",
    files=("*realm*.json",),
    sniff=r"\"(?:sslRequired|accessTokenLifespan|realm)\"[ \t]*:",
    unless=r"\"(?:auth-server-url|ssl-required)\"[ \t]*:",  # of an application that logs in there
    example="realm.json",
)
