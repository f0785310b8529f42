from batten.technologies import Technology

technology = Technology(
    "couchdb",
    "Apache CouchDB",
    files=(
        "*couchdb*.ini",
        "couchdb/**/*.ini",
        "couchdb/*.ini",
        "local.ini",
        "local.d/*.ini",
        "default.d/*.ini",
    ),
    sniff=r"^[ \t]*\[(?:couchdb|chttpd|chttpd_auth|couch_httpd_auth|httpd|admins|couch_peruser|replicator|cors)\]",
    example="couchdb.ini",
)
