"""Registries of services and artifacts, and servers that build: what a system is made of, and where it is."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.products.product import (
    Product,
    Read,
    both,
    either,
    headed,
    keys,
    named,
    page,
    text,
    titled,
    without,
)

_JOBS = "/api/json?tree=mode,useSecurity,jobs[name]"

PRODUCTS = (
    Product(
        name="Eureka",
        sign=both(named(r"Eureka"), page(r"(?i)instances currently registered|spring")),
        reads=(Read("/eureka/apps", page(r"<apps__hashcode>")),),
        gains="see every service with its address, and register, redirect and remove instances",
        close="Add Spring Security to the server with `/eureka/**` exempt from CSRF tokens, and put the credentials into `eureka.client.serviceUrl.defaultZone`.",
        source="https://docs.spring.io/spring-cloud-netflix/reference/spring-cloud-netflix.html",
    ),
    Product(
        name="Nacos",
        sign=named(r"Nacos"),
        at=("/nacos/",),
        reads=(
            Read("/nacos/v1/cs/configs?search=accurate&dataId=&group=&pageNo=1&pageSize=1", keys("totalCount", "pageItems")),
            Read("/v1/cs/configs?search=accurate&dataId=&group=&pageNo=1&pageSize=1", keys("totalCount", "pageItems")),
        ),
        gains="read and change the configuration of every service, with the credentials in it",
        close="Set `nacos.core.auth.enabled=true`, with `nacos.core.auth.plugin.nacos.token.secret.key`, `nacos.core.auth.server.identity.key` and its `value` of your own.",
        source="https://nacos.io/en/docs/v2/guide/user/auth/",
        holds=Holds.DATA,
    ),
    Product(
        name="Nexus Repository",
        sign=either(headed("server", r"Nexus/"), titled(r"(?:Sonatype )?Nexus Repository")),
        reads=(Read("/service/rest/v1/repositories", keys("0.name", "0.format", "0.url")),),
        gains="list the repositories and download what anonymous access reads",
        close="Turn anonymous access off (Security, Anonymous Access), where packages are private.",
        source="https://help.sonatype.com/en/anonymous-access.html",
        holds=Holds.INSIGHT,
        version=r"(?im)^server: Nexus/(\d[\w.]+)",
    ),
    Product(
        name="SonarQube",
        sign=titled(r"SonarQube"),
        reads=(Read("/api/components/search?qualifiers=TRK", both(keys("paging", "components.0.key"))),),
        gains="read the source code and the open issues of every public project",
        close="Set `sonar.forceAuthentication` to true, which is the default since version 8.6.",
        source="https://docs.sonarsource.com/sonarqube-server/instance-administration/security/user-accounts",
        holds=Holds.INSIGHT,
        version=r"\A(?:[^\n]*\n)*(\d+\.[\d.]+)\s*\Z",
        tells="/api/server/version",
    ),
    Product(
        name="Jenkins",
        sign=headed("x-jenkins"),
        reads=(Read(_JOBS, both(keys("mode", "jobs"), text(r'"useSecurity":\s*false'))),),
        gains="run any code on the controller and its agents, and read every credential",
        close="Enable a security realm, with an authorization strategy that gives anonymous users nothing.",
        source="https://www.jenkins.io/doc/book/security/managing-security/",
        mounts=("/jenkins/",),
        version=r"(?im)^x-jenkins: (\d[\w.]+)",
    ),
    Product(
        name="Jenkins with anonymous read",
        sign=headed("x-jenkins"),
        reads=(Read(_JOBS, both(keys("mode", "jobs.0.name"), without(r'"useSecurity":\s*false'))),),
        gains="read the jobs and their logs, and their workspaces where `Job/Workspace` is granted",
        close="Turn anonymous read access off in the authorization strategy, or take `Overall/Read` and `Job/Read` from anonymous users.",
        source="https://www.jenkins.io/doc/book/security/managing-security/",
        holds=Holds.INSIGHT,
        version=r"(?im)^x-jenkins: (\d[\w.]+)",
    ),
    Product(
        name="TeamCity with guest login",
        sign=either(headed("teamcity-node-id"), titled(r"Log in to TeamCity")),
        reads=(Read("/guestAuth/app/rest/projects", keys("count", "project"), headers=(("Accept", "application/json"),)),),
        gains="read the projects, builds, logs and artifacts that guests may see",
        close="Turn off `Allow login as guest user` on the page Authentication of the administration.",
        source="https://www.jetbrains.com/help/teamcity/enabling-guest-login.html",
        holds=Holds.INSIGHT,
    ),
)  # fmt: skip
