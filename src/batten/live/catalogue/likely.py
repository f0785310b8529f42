"""In which order the catalogue is asked for: what is found most often first, and only what can be there.

A target is asked for a part of the catalogue, so the order decides what is found. First comes what deployments leave behind
most: working copies, environment files, backups, consoles of frameworks. What belongs to one runtime is asked for where an
answer named that runtime, and last where none was named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.live.catalogue.item import Item, Sort
from batten.live.scene import Runtime

MOST = 240  # paths of the catalogue that one target is asked for, beside those that an answer leads to
LAST = 9  # a rank behind all others

_FIRST = (
    "/.git/HEAD /.git/config /.env /openapi.json /docs /swagger.json /metrics /server-status /actuator /actuator/env /debug/pprof/"
    " /.bash_history /.htpasswd /.DS_Store /.svn/wc.db /.hg/requires /docker-compose.yml /Dockerfile /backup.sql /dump.sql"
    " /backup.zip /backup.tar.gz /db.sqlite3 /database.sqlite /wp-config.php.bak /phpinfo.php /info.php /config.json /.npmrc"
    " /.aws/credentials /id_rsa /.ssh/id_rsa /server.key /private.key /terraform.tfstate /.git-credentials /error.log /debug.log"
    " /access.log /env /debug/env /api-docs /api-docs/ /console /admin/ /swagger-ui/ /v3/api-docs /v2/api-docs /graphql /nginx_status /debug/vars /etc/passwd"
    " /static/..%2f..%2f..%2f..%2fetc/passwd /.%2e/.%2e/.%2e/.%2e/etc/passwd /.env.local /.env.production /.env.bak"
    " /app.py /settings.py /config.yml /application.yml /web.config /.htaccess /package.json /composer.json /requirements.txt"
    " /.vscode/sftp.json /sftp-config.json /.dockercfg /.docker/config.json /.kube/config /uploads/ /files/ /backup/ /static/"
    " /data.db /users.csv /api/.env /actuator/health /_profiler /telescope /elmah.axd /trace.axd /h2-console /jolokia"
    " /adminer.php /phpmyadmin/"
    " /swagger /swagger-ui.html /redoc /api/docs /swagger/v1/swagger.json /swagger/index.html /api/swagger.json /server.js /main.py"
    " /config.py /manage.py /application.properties /appsettings.json /.zsh_history /app.db /db.sql /database.sql /id_ed25519"
    " /status /stats /debug /sidekiq /hangfire /.pypirc /settings.json /logs/ /data/ /actuator/prometheus /api/metrics"
)
_RANKS = {path: rank for rank, path in enumerate(_FIRST.split())}

_RUNTIMES: tuple[tuple[Runtime, re.Pattern[str]], ...] = tuple(
    (runtime, re.compile(pattern))  # ours: the table's
    for runtime, pattern in (
        (Runtime.PHP, r"PHP|phpinfo|OPcache|phpMyAdmin|Adminer|Laravel|Symfony|Yii|Clockwork|Composer"),
        (
            Runtime.JAVA,
            r"Spring(?! configuration)|Java\b|Tomcat|JBoss|Jolokia|Hawtio|H2 console|Dropwizard|Quarkus|Micronaut|JVM|Maven|Gradle"
            r"|Eureka|Nacos|Druid|XXL-JOB|list of API schemas|Swagger UI settings|WADL|Spring configuration",
        ),
        (Runtime.DOTNET, r"\.NET|Hangfire|MiniProfiler|NuGet|Azure publish|OData"),
        (Runtime.RUBY, r"Rails|Sidekiq|Resque|PgHero|Blazer|Good Job|sent mail|\bGem\b|RubyGems|^SQL schema"),
        (
            Runtime.PYTHON,
            r"Werkzeug|Flask|Django|Flower|\bRQ\b|Airflow|Python|PyPI|package index|uWSGI|Gunicorn|migration settings",
        ),
        (
            Runtime.NODE,
            r"^Node |Yarn|pnpm|npm |Express|Vite|webpack|bundler|TypeScript|object mapper settings|Sequelize|Prisma"
            r"|process manager|Strapi|Directus",
        ),
        (Runtime.GO, r"^Go "),
        (Runtime.ELIXIR, r"Phoenix|Elixir"),
    )
)
_ENDINGS: tuple[tuple[Runtime, re.Pattern[str]], ...] = tuple(
    (runtime, re.compile(pattern))  # ours: the table's
    for runtime, pattern in (
        (Runtime.PHP, r"\.php|^/wp-|/laravel|/pma/|/dbadmin/"),
        (Runtime.JAVA, r"^/(?:WEB-INF|META-INF|manage(?:ment)?)/|^/actuator"),
        (Runtime.DOTNET, r"\.axd$|^/appsettings|(?i:^/web\.config)"),
        (Runtime.PYTHON, r"\.py$|^/instance/"),
        (Runtime.NODE, r"\.[jt]s$"),
        (Runtime.RUBY, r"\.rb$|^/rails/"),
        (Runtime.GO, r"\.go$"),
    )
)


def runtime_of(item: Item, path: str) -> Runtime | None:
    """The runtime whose applications have it; None for what any may have."""
    named = next((runtime for runtime, pattern in _RUNTIMES if pattern.search(item.what)), None)
    return named or next((runtime for runtime, pattern in _ENDINGS if pattern.search(path)), None)


def ordered(items: tuple[Item, ...], runs: frozenset[Runtime]) -> list[str]:
    """Paths in the order in which they are worth a request, those of other runtimes left out where one is known."""
    ranked: dict[str, tuple[int, int, int]] = {}
    for number, item in enumerate(items):
        for path, rank in _ranked(item, runs):
            ranked[path] = min(ranked.get(path, (LAST, 0, 0)), (*rank, number))
    return sorted((path for path, rank in ranked.items() if rank[0] < LAST), key=lambda path: ranked[path])


def _ranked(item: Item, runs: frozenset[Runtime]) -> Iterator[tuple[str, tuple[int, int]]]:
    for place, path in enumerate(item.asked):
        runtime = runtime_of(item, path)
        strange = runtime is not None and runtime not in runs
        if strange and runs:
            continue
        if path in _RANKS:
            yield path, (0, _RANKS[path])
        elif runtime is not None and not strange:
            yield path, (1 + place // 3, place)
        else:
            grave = item.grave and item.sort is not Sort.LISTING
            yield path, (min(LAST - 1, 2 + place + (0 if grave else 1) + (2 if strange else 0)), place)


__all__ = ["MOST", "ordered", "runtime_of"]
