"""Dashboards of job queues, crawlers and load tests: whoever opens one sees arguments, and starts or stops jobs."""

from __future__ import annotations

from batten.live.products.product import Product, Read, keys, named, page, titled

PRODUCTS = (
    Product(
        name="Flower",
        sign=named(r"(?:[\w ]+ · )?Flower"),
        reads=(Read("/workers?json=1", keys("data")), Read("/dashboard?json=1", keys("data"))),
        gains="see the arguments and results of Celery tasks and, in Flower 1 or with `FLOWER_UNAUTHENTICATED_API`, revoke tasks and shut workers down",
        close="Start it with `--basic-auth`, or with `--auth` and `--auth-provider`, and keep `/metrics`, which stays open, behind the edge.",
        source="https://flower.readthedocs.io/en/latest/auth.html",
        mounts=("/flower/",),
    ),
    Product(
        name="RQ dashboard",
        sign=titled(r"RQ [Dd]ashboard"),
        reads=(Read("/0/data/queues.json", keys("queues")), Read("/queues.json", keys("queues"))),
        gains="see the arguments of every job, requeue and delete jobs, and empty queues",
        close="Start it with `--username` and `--password`.",
        source="https://github.com/Parallels/rq-dashboard#readme",
    ),
    Product(
        name="SAQ",
        sign=named(r"SAQ"),
        reads=(Read("/api/queues", keys("queues")),),
        gains="see the arguments and results of every job, and retry and abort jobs",
        close="Set `AUTH_PASSWORD` for `saq --web`, or require a login where its application is mounted.",
        source="https://github.com/tobymao/saq#readme",
    ),
    Product(
        name="Scrapyd",
        sign=named(r"Scrapyd"),
        reads=(Read("/listprojects.json", keys("status", "projects", "node_name")),),
        gains="upload a project as Python code and run it, and cancel and delete the others",
        close="Set `username` and `password` in its configuration, and `bind_address = 127.0.0.1`.",
        source="https://scrapyd.readthedocs.io/en/latest/config.html",
    ),
    Product(
        name="Locust",
        sign=titled(r"Locust"),
        reads=(Read("/stats/requests", keys("state", "stats", "user_count")),),
        gains="start a load test against any host from this one, and read the results",
        close="Start it with `--web-login`, and set up the login as its documentation shows.",
        source="https://docs.locust.io/en/stable/extending-locust.html#adding-authentication-to-the-web-ui",
        version=r'"version": "(\d[\w.]+)"',
    ),
    Product(
        name="Luigi",
        sign=titled(r"Luigi Task Visualiser"),
        reads=(Read("/api/task_list", keys("response")),),
        gains="see every task with its parameters, and mark, prune and disable tasks and workers",
        close="The scheduler has no login: bind it with `--address 127.0.0.1`, or put a proxy with a login in front.",
        source="https://luigi.readthedocs.io/en/stable/central_scheduler.html",
    ),
    Product(
        name="Supervisor",
        sign=titled(r"Supervisor Status"),
        reads=(Read("/", page(r"<title>Supervisor Status", r"index\.html\?action=stopall")),),
        gains="stop, start and restart every process, and read and clear their logs",
        close="Set `username` and `password` in `[inet_http_server]`, or remove that section.",
        source="https://supervisord.org/configuration.html#inet-http-server-section-settings",
        mounts=("/supervisor/",),
        version=r'supervisord\.org">Supervisor</a>\s*<span>(\d[\w.]+)',
    ),
)  # fmt: skip
