"""Who gets an answer of Apache httpd: what is read of each configuration is what a real httpd does with an anonymous client.

Sources: mod_authz_core, mod_authz_host, mod_access_compat (Order, Satisfy), AuthMerging.
"""

from __future__ import annotations

import http.client

import pytest

from batten.engine.review import review
from batten.formats import Workspace
from batten.policy import Policy
from batten.technologies.edges.apache.validator import httpd, modules
from needs import needs
from servers import free_port, listener
from waiting import BOUND

pytestmark = needs("httpd", (httpd() and modules()))
NEEDED = (
    "mpm_event", "authz_core", "authz_host", "authn_core", "authn_file", "authz_user", "auth_basic", "access_compat",
    "setenvif", "env", "rewrite", "status",
)  # fmt: skip
LOGIN = "AuthType Basic\nAuthName x\nAuthUserFile FOLDER/users\n"
USER = f"{LOGIN}Require valid-user\n"
NET = "Require ip 192.0.2.0/24\n"

# What is written in the location of the status page.
RULES = [
    "",
    "Require all granted\n",
    "Require all denied\n",
    NET,
    USER,
    f"{NET}Require all granted\n",
    f"{NET}{USER}",
    f"<RequireAny>\n{NET}Require all granted\n</RequireAny>\n",
    f"<RequireAny>\n{NET}{USER}</RequireAny>\n",
    f"<RequireAll>\n{NET}Require all granted\n</RequireAll>\n",
    f"<RequireAll>\nRequire all granted\n<RequireAny>\n{NET}Require all denied\n</RequireAny>\n</RequireAll>\n",
    "<RequireAll>\nRequire all granted\nRequire not ip 192.0.2.0/24\n</RequireAll>\n",
    "<RequireAll>\nRequire all granted\n<RequireNone>\nRequire ip 192.0.2.0/24\n</RequireNone>\n</RequireAll>\n",
    "Require method GET\n",
    "Order deny,allow\nDeny from all\n",
    "Order allow,deny\nAllow from all\n",
    "Order allow,deny\n",
    "Order deny,allow\n",
    "Order allow,deny\nAllow from all\nDeny from all\n",
    "Order deny,allow\nAllow from all\nDeny from all\n",
    "Order deny,allow\nDeny from all\nAllow from 192.0.2.0/24\n",
    "Order allow,deny\nAllow from 192.0.2.0/24\n",
    "Order allow,deny\nAllow from all\nDeny from 192.0.2.0/24\n",
    f"Order deny,allow\nDeny from all\nAllow from 192.0.2.0/24\n{USER}Satisfy Any\n",
    f"Order allow,deny\nAllow from all\n{USER}Satisfy Any\n",
    f"Order allow,deny\nAllow from all\n{USER}Satisfy All\n",
    f"Order allow,deny\nAllow from all\n{USER}",
    "<Limit POST>\nRequire all denied\n</Limit>\n",
    "<LimitExcept POST>\nRequire all denied\n</LimitExcept>\n",
]
# What an enclosing location says, and the one of the status page.
MERGED = [
    ("Require all denied\n", ""),
    ("Require all denied\n", "Require all granted\n"),
    ("Require all denied\n", "AuthMerging And\nRequire all granted\n"),
    ("Require all granted\n", "AuthMerging Or\nRequire all denied\n"),
    (USER, ""),
    (USER, "Require all granted\n"),
    (NET, "AuthMerging Or\nRequire all granted\n"),
]


def location(number: int, outer: str, rules: str) -> str:
    around = f'<Location "/s{number}">\n{outer}</Location>\n' if outer else ""
    return f'{around}<Location "/s{number}/status">\nSetHandler server-status\n{rules}</Location>\n'


CASES = [*(("", rules) for rules in RULES), *MERGED]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[int]:
    """The status that a client without credentials gets of each status page."""
    folder, port = tmp_path_factory.mktemp("httpd"), free_port()
    (folder / "users").write_text("ann:x\n")
    loads = "".join(f"LoadModule {n}_module {modules()[n]}\n" for n in NEEDED if n in modules())
    head = f"ServerRoot {folder}\nPidFile {folder}/pid\nErrorLog {folder}/error.log\n{loads}"
    places = "".join(location(n, *case) for n, case in enumerate(CASES)).replace("FOLDER", str(folder))
    file = folder / "httpd.conf"
    file.write_text(f"{head}Listen 127.0.0.1:{port}\nServerName api.example.com\n{places}")
    got = []
    with listener([httpd(), "-DFOREGROUND", "-f", str(file)], port, folder / "server.log"):
        for number in range(len(CASES)):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=BOUND)
            connection.request("GET", f"/s{number}/status")
            got.append(connection.getresponse().status)
            connection.close()
    return got


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda n: " ".join("|".join(CASES[n]).split())[:70])
def test_a_status_page_is_open_where_httpd_answers_with_it(number: int, answers: list[int]) -> None:
    text = f"Listen 8080\nServerName api.example.com\n{location(number, *CASES[number])}"
    result = review(Workspace("/nonexistent", {"httpd.conf": text}), Policy())
    assert answers[number] in (200, 401, 403, 500)
    assert any(f.control == "console-not-exposed" for f in result.findings) is (answers[number] == 200)
