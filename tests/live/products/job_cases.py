"""Queues of jobs, crawlers and load tests, by the servers that their vendors ship."""

from __future__ import annotations

from product_cases import PASSWORD, Case, Start, starting, with_store


def _flower(*options: str) -> Start:
    flower = ("flower", "--address=127.0.0.1", "--port={port}", *options)
    return with_store(
        lambda store: starting("flower", "celery", "--broker", f"redis://127.0.0.1:{store}/0", *flower)
    )


def _rq(*options: str) -> Start:
    where = ("-b", "127.0.0.1", "-p", "{port}", *options)
    return with_store(
        lambda store: starting("rq-dashboard", "rq-dashboard", "-u", f"redis://127.0.0.1:{store}/0", *where)
    )


def _saq(password: str) -> Start:
    environment = {"AUTH_PASSWORD": password} if password else {}

    def start(store: int) -> Start:
        text = f"""from aiohttp import web
from saq import Queue
from saq.web.aiohttp import create_app

queue = Queue.from_url("redis://127.0.0.1:{store}/0")
web.run_app(create_app([queue]), host="127.0.0.1", port={{port}})
"""
        return starting(
            "saq", "python", "application.py", files={"application.py": text}, environment=environment
        )

    return with_store(start)


def _scrapyd(login: str) -> Start:
    text = f"[scrapyd]\nhttp_port = {{port}}\nbind_address = 127.0.0.1\n{login}"
    return starting("scrapyd", "scrapyd", "--pidfile=", files={"scrapyd.conf": text})


USERS = """from flask_login import UserMixin
from locust import HttpUser, events, task


class Visitor(HttpUser):
    host = "http://127.0.0.1:1"

    @task
    def home(self):
        self.client.get("/")


class Account(UserMixin):
    def get_id(self):
        return "1"


@events.init.add_listener
def login(environment, **options):
    if environment.web_ui and environment.parsed_options.web_login:
        environment.web_ui.login_manager.user_loader(lambda name: Account())
        environment.web_ui.app.config["SECRET_KEY"] = "long-Enough-7"
        environment.web_ui.auth_args = {"username_password_callback": "/sign-in"}
"""


def _locust(*options: str) -> Start:
    where = ("--web-host", "127.0.0.1", "--web-port", "{port}", *options)
    return starting("locust", "locust", *where, files={"locustfile.py": USERS})


def _supervisor(login: str) -> Start:
    text = f"""[inet_http_server]
port=127.0.0.1:{{port}}
{login}
[supervisord]
nodaemon=true
user=root
logfile={{folder}}/supervisord.log
pidfile={{folder}}/supervisord.pid
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[program:worker]
command=/bin/cat
"""
    options = ("-c", "{folder}/supervisord.conf")
    return starting("supervisor", "supervisord", *options, files={"supervisord.conf": text})


CASES = (
    Case(product="Flower", opened=_flower(), ci=True),  # its own login leaves /metrics open
    Case(
        product="RQ dashboard",
        opened=_rq(),
        locked=_rq("--username", "admin", "--password", PASSWORD),
        ci=True,
    ),
    Case(product="SAQ", opened=_saq(""), locked=_saq(PASSWORD), ci=True),
    Case(
        product="Scrapyd",
        opened=_scrapyd(""),
        locked=_scrapyd(f"username = admin\npassword = {PASSWORD}\n"),
    ),
    Case(product="Locust", opened=_locust(), locked=_locust("--web-login")),
    Case(
        product="Luigi",
        opened=starting("luigi", "luigid", "--port", "{port}", "--address", "127.0.0.1"),
        ci=True,
    ),
    Case(
        product="Supervisor",
        opened=_supervisor(""),
        locked=_supervisor(f"username=admin\npassword={PASSWORD}"),
        ci=True,
    ),
)
