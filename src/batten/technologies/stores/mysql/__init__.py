from batten.technologies import Technology

technology = Technology(
    "mysql",
    "MySQL and MariaDB",
    files=("my.cnf", "my.ini", "*.cnf", "*.cnf.fallback"),
    # A group that their servers or clients read; OpenSSL's *.cnf files have others.
    sniff=r"^[ \t]*\[(?:mysqld|mariadbd?|server|mysqld_safe|mysqld-[\d.]+|mariadbd?-[\d.]+|mysqld\d+|galera|mysql|client"
    r"|client-server|client-mariadb|mariadb-client|mysqldump|mariadb-dump|mysqladmin|sst|xtrabackup|embedded)\]"
    r"|^![ \t]*includedir?[ \t]+\S+",
    unless=r"^[ \t]*\[(?:ca|req|CA_default|v3_ca|req_distinguished_name)\]|^[ \t]*\[[ \t]+\w",
    example="my.cnf",
    includes=True,
)
