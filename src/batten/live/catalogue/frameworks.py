"""What frameworks answer besides the application: management endpoints, debuggers, profilers, job queues.

Heap dumps, CPU profiles and shutdown are never asked for, because asking does something; where an index
names them, it is the index that is reported.
"""

from __future__ import annotations

from batten.live import proofs
from batten.live.catalogue.item import Item, both, console, file, follower, keys, named, page, text, titled


def _actuator(what: str, name: str, *wanted: str) -> Item:
    return follower(console(f"Spring {what}", keys(*wanted), f"/actuator/{name} /manage/{name}"))


ITEMS = (
    console("Spring actuator", both(keys("_links.self"), text(r"actuator|manage")), "/actuator /manage /management /api/actuator", below=True),
    console("the Spring environment", keys("propertySources"), "/actuator/env /manage/env /management/env /env"),
    _actuator("beans", "beans", "contexts"),
    _actuator("mappings", "mappings", "contexts"),
    _actuator("configuration properties", "configprops", "contexts"),
    _actuator("loggers", "loggers", "levels", "loggers"),
    _actuator("thread dump", "threaddump", "threads"),
    _actuator("metrics", "metrics", "names"),
    _actuator("recorded exchanges", "httpexchanges", "exchanges"),
    _actuator("recorded requests", "httptrace", "traces"),
    _actuator("audit events", "auditevents", "events"),
    _actuator("caches", "caches", "cacheManagers"),
    _actuator("conditions", "conditions", "contexts"),
    _actuator("scheduled tasks", "scheduledtasks", "cron"),
    _actuator("start-up steps", "startup", "timeline"),
    _actuator("Flyway migrations", "flyway", "contexts"),
    _actuator("Liquibase migrations", "liquibase", "contexts"),
    _actuator("Quartz jobs", "quartz", "jobs", "triggers"),
    _actuator("software bill of materials", "sbom", "ids"),
    _actuator("integration graph", "integrationgraph", "nodes", "links"),
    follower(console("Spring gateway routes", keys("0.route_id"), "/actuator/gateway/routes")),
    console("Spring health details", keys("components.diskSpace.details"), "/actuator/health /health"),
    follower(file("application log", proofs.application_log, "/actuator/logfile")),
    console("Spring Boot Admin", titled(r"Spring Boot Admin"), "/admin /applications"),
    console("Micronaut or Spring routes", text(r'"(?:\{?\[?/[^"]*)"\s*:\s*\{[^}]*"(?:method|bean)"\s*:'), "/routes /mappings"),
    console("Jolokia", keys("value.agent", "value.protocol"), "/jolokia /actuator/jolokia /jolokia/version /api/jolokia"),
    console("Hawtio", titled(r"(?i:hawtio)\b"), "/hawtio /actuator/hawtio"),
    console("H2 console", titled(r"H2 Console"), "/h2-console /h2-console/ /h2"),
    console("Dropwizard administration", titled(r"Metrics|Operational Menu", r"Operational Menu", r"Healthcheck|Threads"), "/admin /admin/"),
    console("Quarkus development page", titled(r"Dev UI"), "/q/dev/ /q/dev-ui/"),
    console("JBoss management", titled(r"JBoss JMX Management Console|JMX Console"), "/jmx-console/ /jmx-console"),
    console("Tomcat examples", titled(r"Apache Tomcat Examples"), "/examples/ /examples/servlets/"),
    console("environment variables", text(r'"(?:PATH|Path)"\s*:\s*"', r'"(?:HOME|PWD|HOSTNAME|LANG|USER)"\s*:\s*"'), "/env /debug/env /debug /_debug /api/env /api/debug /debug/config /config"),
    console("Go profiler", page(r"/debug/pprof/", r"goroutine"), "/debug/pprof/ /debug/pprof"),
    console("Node inspector", keys("0.devtoolsFrontendUrl"), "/json/list /json"),
    console("Vite development server", text(r"import\.meta\.hot|createHotContext", r"HMRClient|vite"), "/@vite/client"),
    console("webpack development server", page(r"(?i)webpack-dev-server", r"(?i)<li>|Assets Report"), "/webpack-dev-server"),
    console("Werkzeug console", page(r"Interactive Console", r"__debugger__|werkzeug"), "/console"),
    console("Flask-Admin", page(r"/static/admin/(?:admin|bootstrap)/"), "/admin/"),
    console("Django administration", page(r"Django (?:site admin|administration)", r"csrfmiddlewaretoken"), "/admin/ /admin/login/ /django-admin/ /django/admin/"),
    console("Django debug toolbar", page(r"djDebug"), "/__debug__/"),
    console("Django Silk profiler", titled(r"Silky?\b", r"(?i)silk"), "/silk/"),
    console("Flower", named(r"Flower"), "/flower/ /flower"),
    console("RQ dashboard", titled(r"RQ [Dd]ashboard"), "/rq /rq/ /django-rq/"),
    console("Airflow", titled(r"(?:DAGs|Sign In|Login) - Airflow|Airflow"), "/airflow/ /home"),
    console("Rails routes", page(r"Helper.{0,200}HTTP Verb|Routes match in priority"), "/rails/info/routes"),
    console("Rails properties", page(r"(?i)<td class=\"name\">Rails version|About your application"), "/rails/info/properties"),
    console("Rails mailer previews", titled(r"Mailer Previews?|Action Mailer"), "/rails/mailers"),
    console("Sidekiq", named(r"(?:\[\w+\] )?Sidekiq"), "/sidekiq /admin/sidekiq"),
    console("Resque", titled(r"Resque\."), "/resque /resque/overview"),
    console("PgHero", titled(r"PgHero"), "/pghero"),
    console("Blazer", titled(r"Blazer|Queries", r"blazer"), "/blazer"),
    console("Good Job", titled(r"Good Job Dashboard|GoodJob"), "/good_job"),
    console("sent mail", titled(r"LetterOpenerWeb|Letter Opener"), "/letter_opener"),
    console("Laravel Telescope", titled(r"Telescope", r"window\.Telescope\b"), "/telescope /telescope/requests"),
    console("Laravel Horizon", titled(r"Horizon", r"window\.Horizon\b"), "/horizon /horizon/dashboard"),
    console("Laravel Pulse", titled(r"Pulse\b", r"(?i)laravel|pulse-"), "/pulse"),
    console("Laravel log viewer", titled(r"Laravel [Ll]og [Vv]iewer|Log Viewer"), "/log-viewer /logs"),
    console("Laravel Ignition", text(r'"can_execute_commands"\s*:\s*true'), "/_ignition/health-check"),
    console("Laravel error page service", text(r'"can_execute_commands"\s*:\s*false'), "/_ignition/health-check"),
    console("Clockwork profiler", titled(r"Clockwork"), "/clockwork/app /__clockwork/app"),
    console("Symfony profiler", titled(r"Symfony Profiler"), "/_profiler /_profiler/empty/search/results /app_dev.php/_profiler"),
    console("Yii code generator", titled(r"Welcome to Gii|Gii\b"), "/gii /index.php?r=gii"),
    console("Yii debugger", titled(r"Yii Debugger"), "/debug /debug/default/index"),
    console("phpinfo()", titled(r"(?:PHP [\d.]+ - )?phpinfo\(\)</title>"), "/phpinfo.php /info.php /test.php /php.php /pi.php /phpinfo /i.php"),
    console("OPcache status", titled(r"OPcache|PHP OPcache|Opcache Status"), "/opcache.php /opcache-status.php /ocp.php"),
    console("ASP.NET error log", titled(r"Error log for|ELMAH"), "/elmah.axd /elmah"),
    console("ASP.NET trace", page(r"<h1>Application Trace</h1>"), "/trace.axd /Trace.axd"),
    console("Hangfire", titled(r"(?:Overview|Jobs|Dashboard)? ?[–-]? ?Hangfire Dashboard|Hangfire"), "/hangfire"),
    console("MiniProfiler", titled(r"(?:List of )?[Pp]rofiling [Ss]essions"), "/mini-profiler-resources/results-index /profiler/results-index"),
    console("Phoenix dashboard", titled(r"\w[\w ]*+[·-] ?Phoenix LiveDashboard|Phoenix LiveDashboard"), "/dashboard/home /dev/dashboard/home"),
    console("Hasura console", titled(r"(?:Loading\.\.\.|Hasura)", r"window\.__env|hasura"), "/console /console/data"),
    console("Strapi administration", titled(r"Strapi Admin"), "/admin"),
    console("Directus", named(r"Directus"), "/admin/login"),
    console("Keycloak administration", titled(r"Keycloak Administration (?:Console|UI)"), "/admin/master/console/ /auth/admin/master/console/"),
)  # fmt: skip
