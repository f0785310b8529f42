"""Registries and servers that build: doubles that answer as their vendors' documentation says."""

from __future__ import annotations

from platform_cases import BASIC, HTML, JSON, page
from product_cases import Answers, Case, doubled

XML = {"Content-Type": "application/xml"}
EUREKA: Answers = {
    "GET /": page("Eureka", "<h1>Instances currently registered with Eureka</h1>"),
    "GET /eureka/apps": (
        200,
        XML,
        "<applications><versions__delta>1</versions__delta><apps__hashcode>UP_1_</apps__hashcode></applications>",
    ),
}
NACOS: Answers = {
    "GET /": (404, HTML, "<h1>HTTP Status 404</h1>"),
    "GET /nacos/": page("Nacos", '<div id="root"></div>'),
    "GET /nacos/v1/cs/configs": (
        200,
        JSON,
        '{"totalCount": 1, "pageNumber": 1, "pagesAvailable": 1, "pageItems": [{"dataId": "orders.yaml", "group": "DEFAULT_GROUP"}]}',
    ),
}
NACOS_LOCKED: Answers = {
    "GET /": NACOS["GET /"],
    "GET /nacos/": NACOS["GET /nacos/"],
    "GET /nacos/v1/cs/configs": (
        403,
        JSON,
        '{"status": 403, "error": "Forbidden", "message": "user not found!"}',
    ),
}
NEXUS_PAGE = (
    200,
    {"Server": "Nexus/3.84.0-03 (COMMUNITY)", **HTML},
    "<title>Nexus Repository Manager</title>",
)
NEXUS: Answers = {
    "GET /": NEXUS_PAGE,
    "GET /service/rest/v1/repositories": (
        200,
        JSON,
        '[{"name": "releases", "format": "maven2", "type": "hosted", "url": "http://127.0.0.1/repository/releases"}]',
    ),
}
NEXUS_LOCKED: Answers = {"GET /": NEXUS_PAGE, "GET /service/rest/v1/repositories": (200, JSON, "[]")}
SONAR: Answers = {
    "GET /": page("SonarQube", '<div id="content"></div>'),
    "GET /api/components/search": (
        200,
        JSON,
        '{"paging": {"pageIndex": 1, "pageSize": 100, "total": 1}, "components": [{"key": "orders", "name": "orders"}]}',
    ),
    "GET /api/server/version": (200, {"Content-Type": "text/plain"}, "9.9.8.100196"),
}
SONAR_LOCKED: Answers = {"GET /": SONAR["GET /"], "GET /api/components/search": (401, {}, "")}
JENKINS = {"X-Jenkins": "2.528.1"}
JOBS = '{"_class": "hudson.model.Hudson", "mode": "NORMAL", "jobs": [{"name": "deploy"}], "useSecurity": %s}'
DASHBOARD = (200, {**JENKINS, **HTML}, "<title>Dashboard [Jenkins]</title>")
FORBIDDEN = (
    403,
    {**JENKINS, **HTML},
    "<html><head><meta http-equiv='refresh'/></head><body>Authentication required</body></html>",
)
TEAMCITY_PAGE = (
    200,
    {"TeamCity-Node-Id": "MAIN_SERVER", **HTML},
    "<title>Log in to TeamCity - TeamCity</title>",
)
TEAMCITY: Answers = {
    "GET /": (302, {"Location": "/login.html", "TeamCity-Node-Id": "MAIN_SERVER"}, ""),
    "GET /login.html": TEAMCITY_PAGE,
    "GET /guestAuth/app/rest/projects": (200, JSON, '{"count": 1, "href": "/", "project": [{"id": "Shop"}]}'),
}
TEAMCITY_LOCKED: Answers = {
    "GET /": TEAMCITY["GET /"],
    "GET /login.html": TEAMCITY_PAGE,
    "GET /guestAuth/app/rest/projects": (401, {}, "Guest user is not allowed"),
}


def _jenkins(secured: str) -> Answers:
    jobs = (200, {**JENKINS, **JSON}, JOBS % secured)
    return {"GET /": DASHBOARD, "GET /api/json": jobs}


CASES = (
    Case(
        product="Eureka",
        opened=doubled(EUREKA),
        locked=doubled({}, BASIC),
        double=True,
        source="https://github.com/Netflix/eureka/wiki/Eureka-REST-operations",
    ),
    Case(
        product="Nacos",
        opened=doubled(NACOS),
        locked=doubled(NACOS_LOCKED),
        double=True,
        source="https://nacos.io/en-us/docs/open-api.html",
    ),
    Case(
        product="Nexus Repository",
        opened=doubled(NEXUS),
        locked=doubled(NEXUS_LOCKED),
        double=True,
        source="https://help.sonatype.com/en/repositories-api.html",
    ),
    Case(
        product="SonarQube",
        opened=doubled(SONAR),
        locked=doubled(SONAR_LOCKED),
        double=True,
        source="https://docs.sonarsource.com/sonarqube-server/latest/extension-guide/web-api/",
    ),
    Case(
        product="Jenkins",
        opened=doubled(_jenkins("false")),
        locked=doubled({}, FORBIDDEN),
        double=True,
        source="https://www.jenkins.io/doc/book/using/remote-access-api/",
    ),
    Case(
        product="Jenkins with anonymous read",
        opened=doubled(_jenkins("true")),
        locked=doubled({}, FORBIDDEN),
        double=True,
        source="https://www.jenkins.io/doc/book/using/remote-access-api/",
    ),
    Case(
        product="TeamCity with guest login",
        opened=doubled(TEAMCITY),
        locked=doubled(TEAMCITY_LOCKED),
        double=True,
        source="https://www.jetbrains.com/help/teamcity/rest/teamcity-rest-api-documentation.html",
    ),
)
