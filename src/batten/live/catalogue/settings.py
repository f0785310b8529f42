"""Configuration of applications, frameworks and servers."""

from __future__ import annotations

from batten.live import proofs
from batten.live.catalogue.item import file, keys, made, text

_PHP = r"\A\s*<\?php"
_SECRET = r"(?i)(?:DB_PASSWORD|password|secret)"

ITEMS = (
    file(
        "environment file",
        proofs.environment_file,
        "/.env /.env.local /.env.production /.env.development /.env.bak /.env.old /.envrc /api/.env /app/.env /config/.env"
        " /backend/.env /.env.prod /.env.dev /.env.staging /.env.test /.env.backup /.env.save /.env~ /.flaskenv /env.txt"
        " /prod.env /server/.env /src/.env /docker/.env /web/.env /public/.env /laravel/.env",
    ),
    file("Spring configuration", text(r"^(?:spring|server|management|logging)\.[\w.-]+\s*="), "/application.properties /application-dev.properties /application-prod.properties /bootstrap.properties /WEB-INF/classes/application.properties"),
    file("Spring configuration", text(r"^(?:spring|server|management):\s*$", r"^[ \t]+\w+:"), "/application.yml /application.yaml /application-dev.yml /application-prod.yml /bootstrap.yml /WEB-INF/classes/application.yml"),
    made("Java deployment descriptor", text(r"<web-app[\s>]"), "/WEB-INF/web.xml"),
    file("Java persistence configuration", text(r"<persistence-unit\b|<hibernate-configuration>"), "/META-INF/persistence.xml /hibernate.cfg.xml /WEB-INF/classes/hibernate.cfg.xml"),
    file("Java data source", text(r"<Context\b", r"<Resource\b"), "/META-INF/context.xml"),
    made("Java manifest", text(r"\AManifest-Version: "), "/META-INF/MANIFEST.MF"),
    made("Java logging configuration", text(r"<[Cc]onfiguration\b", r"<(?:[Aa]ppenders?)\b"), "/logback.xml /log4j2.xml /WEB-INF/classes/logback.xml"),
    file("Tomcat configuration", text(r"<Server port=", r"<Connector\b"), "/conf/server.xml /server.xml"),
    file(".NET configuration", text(r"<configuration>", r"<(?:connectionStrings|appSettings|system\.web\w*)"), "/web.config /Web.config /app.config /web.config.bak"),
    file(".NET settings", text(r'"(?:ConnectionStrings|Logging|AllowedHosts)"\s*:', r"\A\W*\{"), "/appsettings.json /appsettings.Development.json /appsettings.Production.json /appsettings.Staging.json"),
    made(".NET launch settings", text(r'"iisSettings"\s*:|"applicationUrl"\s*:'), "/Properties/launchSettings.json"),
    file("Rails secrets", text(r"secret_key_base:"), "/config/secrets.yml"),
    file("Rails database configuration", text(r"^(?:production|development|default):?", r"^[ \t]+adapter:"), "/config/database.yml /database.yml"),
    file("Rails storage configuration", text(r"^\w+:\s*$", r"^[ \t]+service: (?:S3|GCS|AzureStorage|Disk)"), "/config/storage.yml"),
    file(
        "PHP configuration in source",
        text(_PHP, _SECRET),
        "/wp-config.php.bak /wp-config.php.old /wp-config.php.save /wp-config.php~ /wp-config.bak /wp-config.txt"
        " /config.php.bak /config.php.old /config.php~ /config.inc.php.bak /configuration.php.bak /configuration.php~"
        " /sites/default/settings.php.bak /LocalSettings.php.bak /database.php.bak /index.php.bak /db.php.bak",
    ),
    file("Symfony parameters", text(r"^parameters:\s*$", r"^[ \t]+(?:database|secret|mailer)\w*:"), "/app/config/parameters.yml /config/parameters.yml"),
    made("PHP settings", text(r"^\[PHP\]|^(?:memory_limit|upload_max_filesize|display_errors)\s*="), "/php.ini /.user.ini"),
    made("Apache access file", text(r"(?i)^[ \t]*(?:RewriteEngine|<IfModule|AuthType|AuthUserFile|Require |Deny from|Options [+-])"), "/.htaccess"),
    file("application settings in source", text(r"^(?:SECRET_KEY|DATABASES|DEBUG|SQLALCHEMY_DATABASE_URI)\s*="), "/settings.py /config.py /local_settings.py /app/settings.py /app/config.py /instance/config.py /config/settings.py"),
    file("application source", text(r"^(?:from|import) \w+", r"^(?:def |class |app\s*=|application\s*=|if __name__)"), "/app.py /main.py /manage.py /wsgi.py /asgi.py /server.py /run.py /models.py"),
    file("application source", text(r"require\(['\"](?:express|koa|fastify|http|mongoose|pg|mysql2?)['\"]\)|^import .* from ['\"](?:express|koa|fastify|mongoose|pg)['\"]"), "/server.js /app.js /index.js /src/index.js /src/server.js /server.ts"),
    file("application source", text(r"^package main", r"^func \w+\("), "/main.go"),
    file("application source", text(_PHP), "/index.php~ /index.php.old /index.phps"),
    file("database migration settings", text(r"^\[alembic\]", r"^sqlalchemy\.url"), "/alembic.ini"),
    file("object mapper settings", keys("type", "username"), "/ormconfig.json"),
    file("object mapper settings", text(r"module\.exports|export default", r"\bclient\s*:", r"\bconnection\s*:"), "/knexfile.js"),
    file("Sequelize settings", keys("development.username", "development.database"), "/config/config.json"),
    file("Prisma schema", text(r"^datasource \w+ \{", r"^[ \t]*provider\s*="), "/prisma/schema.prisma /schema.prisma"),
    file("application settings", text(r"(?i)\A\s*\{", r'(?i)"(?:db_?|database_?|mysql_?|smtp_?)?(?:password|passwd|client_?secret|secret_?key)"\s*:\s*"(?=[^"]*\d)[^"\s]{6,}"'), "/config.json /settings.json /config/default.json /config/production.json /config/development.json /secrets.json /database.json"),
    file("application settings", text(r"(?im)^[ \t]*(?:db_?|database_?|mysql_?|smtp_?)?(?:password|passwd|client_?secret|secret_?key)\s*:\s*['\"]?[^\s'\"${<#]\S*"), "/config.yml /config.yaml /secrets.yml /settings.yml /config/config.yml /conf/config.yml"),
    file("application settings", text(r"(?im)^[ \t]*(?:db_?|database_?|mysql_?|smtp_?)?(?:password|passwd|pass)\s*=\s*['\"]?[^\s'\"${<#]\S*"), "/config.ini /settings.ini /database.ini /config.properties /db.properties /config.toml"),
    file("uWSGI configuration", text(r"^\[uwsgi\]"), "/uwsgi.ini"),
    file("Gunicorn configuration", text(r"^bind\s*="), "/gunicorn.conf.py"),
    file("Supervisor configuration", text(r"^\[(?:supervisord|program:\S+)\]"), "/supervisord.conf"),
    file("process manager configuration", text(r"module\.exports", r"\bapps\s*:"), "/ecosystem.config.js"),
    file("nginx configuration", text(r"^[ \t]*(?:server|http|upstream \S+)\s*\{", r"^[ \t]*(?:listen|server|location)\b[^\n]*[;{]"), "/nginx.conf /conf/nginx.conf /nginx/nginx.conf /default.conf"),
    file("Apache configuration", text(r"^[ \t]*(?:<VirtualHost|ServerRoot|DocumentRoot|LoadModule)\b"), "/httpd.conf /apache2.conf /conf/httpd.conf"),
    file("HAProxy configuration", text(r"^(?:frontend|backend|defaults|global)\b", r"^[ \t]+(?:bind|server|mode)\b"), "/haproxy.cfg"),
    file("Envoy configuration", text(r"^static_resources:|^admin:", r"^[ \t]+(?:listeners|clusters|address):"), "/envoy.yaml"),
    file("Traefik configuration", text(r"^entryPoints:|^\[entryPoints\]"), "/traefik.yml /traefik.toml"),
    file("Kong configuration", text(r"^_format_version:"), "/kong.yml"),
    file("redis configuration", text(r"^(?:bind|port|requirepass|appendonly|maxmemory) \S+", r"^(?:save|dir|dbfilename|protected-mode|timeout|tcp-keepalive|requirepass) ?"), "/redis.conf"),
    file("MySQL configuration", text(r"^\[mysqld\]"), "/my.cnf /my.ini"),
    file("PostgreSQL configuration", text(r"^#?listen_addresses\s*=", r"^#?max_connections\s*="), "/postgresql.conf"),
    file("PostgreSQL access rules", text(r"^(?:local|host(?:ssl)?)\s+\S+\s+\S+\s+\S+"), "/pg_hba.conf"),
    file("MongoDB configuration", text(r"^(?:storage|net|systemLog):\s*$"), "/mongod.conf"),
    file("Elasticsearch configuration", text(r"^#?[ \t]*(?:cluster\.name|network\.host|xpack\.security\S*):"), "/elasticsearch.yml"),
    file("Prometheus configuration", text(r"^scrape_configs:"), "/prometheus.yml"),
    file("Alertmanager configuration", text(r"^receivers:", r"^route:"), "/alertmanager.yml"),
    file("Grafana configuration", text(r"^\[(?:server|security|auth\.\w+)\]", r"^;?(?:admin_password|http_port|secret_key)\s*="), "/grafana.ini"),
    file("Mosquitto configuration", text(r"^(?:listener \d+|allow_anonymous |password_file )"), "/mosquitto.conf"),
    made("Firebase settings", keys("hosting"), "/firebase.json"),
    file("Serverless configuration", text(r"^service:", r"^provider:"), "/serverless.yml"),
    file("SQL schema of an object mapper", text(r"^ActiveRecord::Schema"), "/db/schema.rb"),
)  # fmt: skip
