"""Engines of workflows, builds and clusters, by the servers that their vendors ship."""

from __future__ import annotations

from product_cases import PASSWORD, Case, Start, after, starting

PREFECT = {
    "PREFECT_HOME": "{folder}/prefect",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_API_URL": "/api",
}
ASSETS = "import dagster\n\n@dagster.asset\ndef orders():\n    return 1\n\ndefs = dagster.Definitions(assets=[orders])\n"


def _prefect(**more: str) -> Start:
    where = ("--host", "127.0.0.1", "--port", "{port}")
    return starting("prefect", "prefect", "server", "start", *where, environment=PREFECT | more)


def _ara(**login: str) -> Start:
    serve = starting("ara", "ara-manage", "runserver", "--noreload", "127.0.0.1:{port}", environment=login)
    return after(("ara", "ara-manage", "migrate"), serve)


def _buildbot(login: str) -> Start:
    text = f"""from buildbot.plugins import schedulers, steps, util, worker

c = BuildmasterConfig = {{
    "workers": [worker.Worker("local", "{PASSWORD}")],
    "builders": [
        util.BuilderConfig("orders", workernames=["local"], factory=util.BuildFactory([steps.ShellCommand(command=["true"])]))
    ],
    "protocols": {{"pb": {{"port": "tcp:{{free}}:interface=127.0.0.1"}}}},
    "schedulers": [schedulers.ForceScheduler("force", builderNames=["orders"])],
    "www": {{"port": "tcp:{{port}}:interface=127.0.0.1", "plugins": {{}}}},
    "db": {{"db_url": "sqlite:///state.sqlite"}},
    "buildbotNetUsageData": None,
}}
{login}"""
    application = """import os
from twisted.application import service
from buildbot.master import BuildMaster

application = service.Application("buildmaster")
BuildMaster(os.getcwd(), "master.cfg").setServiceParent(application)
"""
    files = {"master.cfg": text, "buildbot.tac": application}
    start = starting("buildbot", "twistd", "--nodaemon", "--no_save", "-y", "buildbot.tac", files=files)
    return after(("buildbot", "buildbot", "create-master", "."), start)


def _airflow(**more: str) -> Start:
    environment = {"AIRFLOW_HOME": "{folder}/airflow", "AIRFLOW__CORE__LOAD_EXAMPLES": "False"} | more
    serve = "airflow db migrate && exec airflow api-server --host 127.0.0.1 --port $0 --workers 1"
    program = (
        'import os, sys; os.environ["PATH"] = os.path.dirname(sys.executable) + ":" + os.environ["PATH"]'
    )
    options = ("-c", f"{program}; os.execvp('sh', ['sh', '-c', '{serve}', sys.argv[1]])", "{port}")
    return starting("apache-airflow", "python", *options, environment=environment)


CASES = (
    Case(
        product="Prefect server",
        opened=_prefect(),
        locked=_prefect(PREFECT_SERVER_API_AUTH_STRING=f"admin:{PASSWORD}"),
    ),
    Case(
        product="Dagster",
        opened=starting(
            "dagster-webserver",
            "dagster-webserver",
            *("-h", "127.0.0.1", "-p", "{port}", "-f", "assets.py"),
            files={"assets.py": ASSETS},
            environment={"DAGSTER_DISABLE_TELEMETRY": "1"},
        ),
    ),
    Case(
        product="ARA Records Ansible",
        opened=_ara(),
        locked=_ara(ARA_READ_LOGIN_REQUIRED="true", ARA_WRITE_LOGIN_REQUIRED="true"),
    ),
    Case(
        product="Buildbot",
        opened=_buildbot(""),
        locked=_buildbot(
            f"""c["www"]["auth"] = util.UserPasswordAuth({{"admin": "{PASSWORD}"}})
c["www"]["authz"] = util.Authz(allowRules=[util.AnyEndpointMatcher(role="admins")], roleMatchers=[])
"""
        ),
    ),
    Case(
        product="Airflow",
        opened=_airflow(AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS="True"),
        locked=_airflow(),
    ),
)
