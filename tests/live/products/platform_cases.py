"""Clusters of data, browsers and containers: doubles that answer as their vendors' documentation says."""

from __future__ import annotations

from product_cases import Answers, Case, doubled

HTML = {"Content-Type": "text/html; charset=utf-8"}
JSON = {"Content-Type": "application/json"}
NEGOTIATE = (
    401,
    {"WWW-Authenticate": "Negotiate", **HTML},
    "<html><title>Error 401</title>Authentication required",
)
BASIC = (401, {"WWW-Authenticate": 'Basic realm="grid"'}, "")
HADOOP = "https://hadoop.apache.org/docs/stable"


def page(title: str, body: str = "") -> tuple[int, dict[str, str], str]:
    return 200, HTML, f"<!doctype html><html><head><title>{title}</title></head><body>{body}</body></html>"


RAY: Answers = {
    "GET /": page("Ray Dashboard", '<div id="root"></div>'),
    "GET /api/version": (
        200,
        JSON,
        '{"version": "4", "ray_version": "2.49.1", "ray_commit": "0a1b", "session_name": "session_2026-11-01"}',
    ),
}
YARN: Answers = {
    "GET /": (302, {"Location": "/cluster"}, ""),
    "GET /cluster": page("All Applications", "<table id=apps></table>"),
    "GET /ws/v1/cluster/info": (
        200,
        JSON,
        '{"clusterInfo": {"id": 1476912658570, "startedOn": 1476912658570, "state": "STARTED", "haState": "ACTIVE",'
        ' "resourceManagerVersion": "3.4.1", "hadoopVersion": "3.4.1"}}',
    ),
}
NAME_NODE: Answers = {
    "GET /": (
        200,
        HTML,
        '<meta http-equiv="REFRESH" content="0;url=dfshealth.html" /><title>Hadoop Administration</title>',
    ),
    "GET /webhdfs/v1/": (
        200,
        JSON,
        '{"FileStatuses": {"FileStatus": [{"pathSuffix": "user", "type": "DIRECTORY", "owner": "hdfs",'
        ' "group": "supergroup", "permission": "755", "length": 0}]}}',
    ),
}
SPARK: Answers = {
    "GET /": page("Spark Master at spark://master:7077", "<h3>Workers (1)</h3>"),
    "GET /json/": (
        200,
        JSON,
        '{"url": "spark://master:7077", "workers": [], "aliveworkers": 0, "cores": 0, "coresused": 0, "memory": 0,'
        ' "activeapps": [], "completedapps": [], "status": "ALIVE"}',
    ),
}
APPLICATION: Answers = {
    "GET /": (302, {"Location": "/jobs/"}, ""),
    "GET /jobs/": page("prices - Spark Jobs", "<h3>Spark Jobs</h3>"),
    "GET /api/v1/applications": (
        200,
        JSON,
        '[{"id": "app-1", "name": "prices", "attempts": [{"sparkUser": "etl", "appSparkVersion": "4.0.1"}]}]',
    ),
}
FLINK: Answers = {
    "GET /": page("Apache Flink Web Dashboard", "<flink-root></flink-root>"),
    "GET /jobs/overview": (200, JSON, '{"jobs": []}'),
    "GET /config": (
        200,
        JSON,
        '{"refresh-interval": 3000, "flink-version": "2.1.0", "flink-revision": "5a6b"}',
    ),
}
GRID: Answers = {
    "GET /": (302, {"Location": "/ui/"}, ""),
    "GET /ui/": page("Selenium Grid", '<div id="root"></div>'),
    "GET /status": (
        200,
        JSON,
        '{"value": {"ready": true, "message": "Selenium Grid ready.", "nodes": [{"id": "1", "version": "4.35.0"}]}}',
    ),
}
LONGHORN: Answers = {
    "GET /": page("Longhorn", '<div id="root"></div>'),
    "GET /v1/volumes": (
        200,
        JSON,
        '{"data": [{"name": "data", "size": "1"}], "links": {}, "resourceType": "volume", "type": "collection"}',
    ),
}
SCOPE: Answers = {
    "GET /": page("Weave Scope", '<div id="app"></div>'),
    "GET /api/topology": (
        200,
        JSON,
        '[{"name": "Processes", "url": "/api/topology/processes", "stats": {"node_count": 3}}]',
    ),
}
METHOD = (200, JSON, '{"code": 500, "msg": "invalid request, HttpMethod not support."}')
EXECUTOR: Answers = {"GET /": METHOD, "POST /beat": (200, JSON, '{"code": 200}')}
EXECUTOR_LOCKED: Answers = {
    "GET /": METHOD,
    "POST /beat": (200, JSON, '{"code": 500, "msg": "The access token is wrong."}'),
}
GRAPHITE: Answers = {
    "GET /": page("Graphite Browser", "<frameset></frameset>"),
    "GET /metrics/find": (
        200,
        JSON,
        '[{"allowChildren": 1, "expandable": 1, "leaf": 0, "id": "carbon", "text": "carbon"}]',
    ),
}
DRUID: Answers = {
    "GET /": (302, {"Location": "index.html"}, ""),
    "GET /index.html": page("Druid Stat Index", "<table></table>"),
    "GET /datasource.json": (
        200,
        JSON,
        '{"ResultCode": 1, "Content": [{"Name": "orders", "DbType": "mysql"}]}',
    ),
}
DRUID_LOCKED: Answers = {"GET /login.html": page("druid monitor", "<form></form>")}

CASES = (
    Case(
        product="Ray dashboard",
        opened=doubled(RAY),
        locked=doubled({"GET /": RAY["GET /"]}, (401, {}, "Unauthorized: Missing authentication token")),
        double=True,
        source="https://docs.ray.io/en/latest/ray-security/token-auth.html",
    ),
    Case(
        product="Hadoop YARN",
        opened=doubled(YARN),
        locked=doubled({}, NEGOTIATE),
        double=True,
        source=f"{HADOOP}/hadoop-yarn/hadoop-yarn-site/ResourceManagerRest.html",
    ),
    Case(
        product="Hadoop name node",
        opened=doubled(NAME_NODE),
        locked=doubled({"GET /": NAME_NODE["GET /"]}, NEGOTIATE),
        double=True,
        source=f"{HADOOP}/hadoop-project-dist/hadoop-hdfs/WebHDFS.html",
    ),
    Case(
        product="Spark master",
        opened=doubled(SPARK),
        double=True,
        source="https://spark.apache.org/docs/latest/spark-standalone.html",
    ),
    Case(
        product="Spark application",
        opened=doubled(APPLICATION),
        double=True,
        source="https://spark.apache.org/docs/latest/monitoring.html",
    ),
    Case(
        product="Flink",
        opened=doubled(FLINK),
        double=True,
        source="https://nightlies.apache.org/flink/flink-docs-stable/docs/ops/rest_api/",
    ),
    Case(
        product="Selenium Grid",
        opened=doubled(GRID),
        locked=doubled({}, BASIC),
        double=True,
        source="https://www.selenium.dev/documentation/grid/advanced_features/endpoints/",
    ),
    Case(
        product="Longhorn",
        opened=doubled(LONGHORN),
        double=True,
        source="https://longhorn.io/docs/latest/references/longhorn-client-python/",
    ),
    Case(
        product="Weave Scope",
        opened=doubled(SCOPE),
        locked=doubled({}, BASIC),
        double=True,
        source="https://github.com/weaveworks/scope/blob/master/app/api_topologies.go",
    ),
    Case(
        product="XXL-JOB executor",
        opened=doubled(EXECUTOR, METHOD),
        locked=doubled(EXECUTOR_LOCKED, METHOD),
        double=True,
        source="https://www.xuxueli.com/xxl-job/en/",
    ),
    Case(
        product="Graphite",
        opened=doubled(GRAPHITE),
        double=True,
        source="https://graphite.readthedocs.io/en/latest/metrics_api.html",
    ),
    Case(
        product="Druid monitor",
        opened=doubled(DRUID),
        locked=doubled(DRUID_LOCKED, (302, {"Location": "login.html"}, "")),
        double=True,
        source="https://github.com/alibaba/druid/wiki",
    ),
)
