"""Databases, backups, logs and memory, as files."""

from __future__ import annotations

from batten.formats import magic
from batten.live import proofs
from batten.live.catalogue.item import file, keys, starts, text

_ARCHIVE = starts(b"PK\x03\x04", magic.GZIP, b"7z\xbc\xaf", b"BZh", b"Rar!", b"\xfd7zXZ")
_SQL = text(
    r"^(?:-- (?:MySQL|MariaDB|PostgreSQL|SQLite) (?:database )?dump|PGDMP|INSERT INTO |CREATE TABLE )"
)

ITEMS = (
    file(
        "SQL dump",
        _SQL,
        "/dump.sql /backup.sql /database.sql /db.sql /data.sql /db_backup.sql /mysql.sql /users.sql /prod.sql"
        " /backup/dump.sql /backup/backup.sql /backups/backup.sql /db/dump.sql /sql/dump.sql /init.sql",
    ),
    file("PostgreSQL dump", starts(magic.POSTGRESQL_DUMP), "/dump.pgdump /backup.dump /db.dump"),
    file("compressed dump", starts(magic.GZIP), "/dump.sql.gz /backup.sql.gz /database.sql.gz /db.sql.gz"),
    file(
        "SQLite database",
        starts(magic.SQLITE),
        "/db.sqlite3 /database.sqlite /database.sqlite3 /app.db /data.db /test.db /database.db /db.sqlite /users.db"
        " /instance/app.db /instance/database.db /data/app.db /database/database.sqlite",
    ),
    file("Access database", starts(*magic.ACCESS), "/database.mdb /db.mdb"),
    file(
        "backup archive",
        _ARCHIVE,
        "/backup.zip /backup.tar.gz /backup.tgz /backup.tar.bz2 /backup.7z /backup.rar /www.zip /www.tar.gz /site.zip"
        " /site.tar.gz /app.zip /app.tar.gz /src.zip /source.zip /code.zip /web.zip /public.zip /html.zip /archive.zip"
        " /latest.zip /old.zip /backup/backup.zip /backups/backup.zip",
    ),
    file("redis dump", starts(*magic.REDIS_DUMPS), "/dump.rdb"),
    file("redis append-only file", text(r"\A\*\d+\r?\n\$\d+\r?\n"), "/appendonly.aof"),
    file("core dump", starts(b"\x7fELF"), "/core"),
    file("network capture", starts(b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x0a\x0d\x0d\x0a"), "/capture.pcap /dump.pcap"),
    file(
        "application log",
        proofs.application_log,
        "/error.log /debug.log /app.log /application.log /server.log /logs/error.log /logs/app.log /logs/debug.log"
        " /log/production.log /log/development.log /var/log/app.log /storage/logs/laravel.log /npm-debug.log"
        " /yarn-error.log /nohup.out",
    ),
    file("access log", text(r"^\S+ \S+ \S+ \[\d{2}/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] \""), "/access.log /access_log /logs/access.log /log/access.log"),
    file("PHP error log", text(r"^\[\d\d-\w{3}-\d{4} [\d:]+ [\w/]+\] PHP "), "/error_log /php_errors.log /wp-content/debug.log"),
    file("recorded requests", keys("log.entries", "log.version"), "/requests.har /trace.har"),
    file(
        "table of people",
        text(r"(?i)\A(?:[\w \"]+[,;\t])*\"?(?:e-?mail|password|phone|ssn|iban)\w*\"?[,;\t\r\n]", r"\n[^\n]{0,500}?[^\s@]@[^\s@]{1,255}?\.\w"),
        "/users.csv /customers.csv /export.csv /data.csv /users.txt",
    ),
)  # fmt: skip
