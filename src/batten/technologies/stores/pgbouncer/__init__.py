from batten.technologies import Technology

technology = Technology(
    "pgbouncer",
    "PgBouncer",
    files=("pgbouncer*.ini", "*.ini", "userlist*.txt"),
    # Its section, or the list of its users: a name and a secret in double quotes.
    sniff=r"^[ \t]*\[pgbouncer\]|^[ \t]*\"[^\"\n]+\"[ \t]+\"[^\"\n]*\"[^\n]*$",
    example="pgbouncer.ini",
    includes=True,
)
