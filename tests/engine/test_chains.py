"""What a file about one server cannot say, and the servers before and behind it show."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.engine.review import review
from batten.formats import Workspace
from batten.policy import Policy

PLAIN = "events {}\nhttp {\n    server {\n        listen 80;\n        %s\n    }\n}\n"
FORWARD = "location / { proxy_pass http://app:8000; proxy_set_header Host $http_host; }"
TLS = PLAIN.replace("listen 80;", "listen 443 ssl; ssl_certificate /a.pem; ssl_certificate_key /a.key;")
STACK = """services:
  edge:
    image: nginx:1.28.0
    ports: ["8080:80", "443:443"]
    volumes: ["./nginx.conf:/etc/nginx/nginx.conf:ro"]
  app:
"""
NEXTCLOUD = "    image: nextcloud:30\n    environment: [OVERWRITEPROTOCOL=https]\n"
OURS = "    image: shop.example.com/ours:1\n"


def found(files: dict[str, str], root: Path) -> dict[str, str]:
    """The severity of the worst finding of each control."""
    findings = review(Workspace(root, files), Policy()).findings
    return {f.control: f.severity.name for f in sorted(findings, key=lambda f: f.severity)}


@pytest.mark.parametrize(
    ("app", "beside", "severity"),
    [
        (OURS, {}, "HIGH"),
        (NEXTCLOUD, {}, None),
        (NEXTCLOUD.replace("https", "http"), {}, "HIGH"),
        ("    image: nextcloud:30\n", {}, "HIGH"),
        (OURS, {"shop/settings.py": 'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")\n'}, None),
        (OURS, {"shop/settings.py": "# SECURE_PROXY_SSL_HEADER = (1, 2)\n"}, "HIGH"),
    ],
)
def test_tls_that_ends_before(app: str, beside: dict[str, str], severity: str | None, tmp_path: Path) -> None:
    files = {"nginx.conf": PLAIN % FORWARD, "compose.yaml": STACK + app, **beside}
    assert found(files, tmp_path).get("tls-required") == severity


def test_a_port_that_no_browser_uses_may_have_another_server_in_front(tmp_path: Path) -> None:
    stack = STACK.replace(', "443:443"', "") + OURS
    assert found({"nginx.conf": PLAIN % FORWARD, "compose.yaml": stack}, tmp_path)["tls-required"] == "LOW"
    stack = stack.replace("8080:80", "80:80")
    assert found({"nginx.conf": PLAIN % FORWARD, "compose.yaml": stack}, tmp_path)["tls-required"] == "HIGH"


def test_what_is_published_on_loopback_is_behind_another_server(tmp_path: Path) -> None:
    stack = STACK.replace("8080:80", "127.0.0.1:8080:80") + OURS
    assert "tls-required" not in found({"nginx.conf": PLAIN % FORWARD, "compose.yaml": stack}, tmp_path)


def test_a_server_that_ends_tls_itself_is_not_behind_another(tmp_path: Path) -> None:
    both = PLAIN % FORWARD
    both = both.replace("    }\n}\n", "    }\n" + TLS.partition("http {\n")[2] % FORWARD)
    files = {"nginx.conf": both, "compose.yaml": STACK + NEXTCLOUD}
    assert found(files, tmp_path)["tls-required"] == "HIGH"


KUSTOMIZATION = """resources: [web.yaml]
configMapGenerator:
- name: web
  files: [%s]
"""
WEB = """apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 80}]}
"""
INGRESS = """---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  tls: [{hosts: [shop.example.com], secretName: web-tls}]
  rules:
  - host: shop.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
"""


@pytest.mark.parametrize(
    ("name", "manifest", "severity"),
    [
        ("nginx.conf", WEB, "INFO"),
        ("default.conf=nginx.conf", WEB, "INFO"),
        ("nginx.conf", WEB + INGRESS, None),
        ("other.conf", WEB, "HIGH"),
    ],
)
def test_a_listener_inside_a_pod(name: str, manifest: str, severity: str | None, tmp_path: Path) -> None:
    files = {
        "nginx.conf": PLAIN % FORWARD,
        "kustomization.yaml": KUSTOMIZATION % name,
        "web.yaml": manifest,
        "other.conf": "",
    }
    assert found(files, tmp_path).get("tls-required") == severity


@pytest.mark.parametrize(
    ("app", "beside", "said"),
    [
        (OURS, {}, True),
        (OURS, {"shop/settings.py": 'ALLOWED_HOSTS = ["shop.example.com"]\n'}, False),
        (OURS, {"shop/settings.py": 'ALLOWED_HOSTS = ["*"]\n'}, True),
        (OURS, {"config/environments/production.rb": 'config.hosts << "shop.example.com"\n'}, False),
        ("    image: grafana/grafana:12.0.0\n", {}, True),
        ("    image: quay.io/keycloak/keycloak:26.0\n", {}, False),
        (
            "    image: quay.io/keycloak/keycloak:26.0\n    environment: {KC_HOSTNAME_STRICT: 'false'}\n",
            {},
            True,
        ),
    ],
)
def test_hosts_that_the_application_checks(
    app: str, beside: dict[str, str], said: bool, tmp_path: Path
) -> None:
    files = {"nginx.conf": TLS % FORWARD, "compose.yaml": STACK + app, **beside}
    assert ("host-header-checked" in found(files, tmp_path)) is said


REALM = '{"realm": "staff", "bruteForceProtected": true}\n'


@pytest.mark.parametrize(
    ("app", "beside", "said"),
    [
        (OURS, {}, True),
        ("    image: grafana/grafana:12.0.0\n", {}, False),
        (
            "    image: grafana/grafana:12.0.0\n"
            "    environment: {GF_SECURITY_DISABLE_BRUTE_FORCE_LOGIN_PROTECTION: 'true'}\n",
            {},
            True,
        ),
        ("    image: quay.io/keycloak/keycloak:26.0\n", {}, True),
        ("    image: quay.io/keycloak/keycloak:26.0\n", {"realm/staff.json": REALM}, False),
        (
            "    image: quay.io/keycloak/keycloak:26.0\n",
            {"realm/staff.json": REALM.replace("true", "false")},
            True,
        ),
    ],
)
def test_guessing_that_the_product_holds_up(
    app: str, beside: dict[str, str], said: bool, tmp_path: Path
) -> None:
    files = {"nginx.conf": TLS % FORWARD, "compose.yaml": STACK + app, **beside}
    assert ("http-limits-set" in found(files, tmp_path)) is said


BASE = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: shop.example.com/web:1}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 80}]}
"""
INSIDE = """apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: ClusterIP}
"""


@pytest.mark.parametrize(("patches", "severity"), [("[{path: inside.yaml}]", None), ("[]", "INFO")])
def test_a_port_of_every_node_is_a_way_in_where_production_has_it(
    patches: str, severity: str | None, tmp_path: Path
) -> None:
    files = {
        "base/nginx.conf": PLAIN % FORWARD,
        "base/web.yaml": BASE,
        "base/kustomization.yaml": KUSTOMIZATION % "nginx.conf",
        "overlays/dev/kustomization.yaml": "resources: [../../base]\n",
        "overlays/production/kustomization.yaml": f"resources: [../../base, ingress.yaml]\npatches: {patches}\n",
        "overlays/production/inside.yaml": INSIDE,
        "overlays/production/ingress.yaml": INGRESS,
    }
    assert found(files, tmp_path).get("tls-required") == severity


MAP = """---
apiVersion: v1
kind: ConfigMap
metadata: {name: web-conf}
data:
  %s: |
%s"""
POD = """---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: shop.example.com/web:1, volumeMounts: [{name: conf, mountPath: /etc/web}]}
      volumes: [{name: conf, %s}]
"""
OF_MAP = "configMap: {name: web-conf}"
PROJECTED = "projected: {sources: [{configMap: {name: web-conf}}]}"
CADDY = ":8080 {\n    reverse_proxy app:8000\n}\n"
HAPROXY = "defaults\n    mode http\nfrontend web\n    bind :8080\n    default_backend app\nbackend app\n    server a app:8000\n"
ROUTE = """---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front}
spec:
  gatewayClassName: envoy
  listeners: [{name: https, protocol: HTTPS, port: 443, tls: {certificateRefs: [{name: front-tls}]}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web}
spec:
  parentRefs: [{name: front}]
  rules: [{backendRefs: [{name: web, port: 80}]}]
"""


def of_map(name: str, text: str) -> str:
    return MAP % (name, "".join(f"    {line}\n" for line in text.splitlines()))


@pytest.mark.parametrize(
    ("name", "text", "beside", "severity"),
    [
        ("nginx.conf", PLAIN % FORWARD, WEB + POD % OF_MAP, "INFO"),
        ("nginx.conf", PLAIN % FORWARD, WEB + POD % PROJECTED, "INFO"),
        ("nginx.conf", PLAIN % FORWARD, WEB + POD % OF_MAP + INGRESS, None),
        ("nginx.conf", PLAIN % FORWARD, WEB + POD % OF_MAP + ROUTE, None),
        ("Caddyfile", CADDY, WEB.replace("targetPort: 80", "targetPort: 8080") + POD % OF_MAP + ROUTE, None),
        ("haproxy.cfg", HAPROXY, WEB + POD % OF_MAP, "INFO"),
        ("nginx.conf", PLAIN % FORWARD, "", "LOW"),
        ("nginx.conf", PLAIN % FORWARD, WEB + POD % "configMap: {name: other}", "LOW"),
        ("nginx.conf", PLAIN % FORWARD, INGRESS + ROUTE, "LOW"),
    ],
)
def test_a_listener_in_a_config_map(
    name: str, text: str, beside: str, severity: str | None, tmp_path: Path
) -> None:
    """Pods listen inside the cluster: an edge with TLS in front makes it no graver."""
    manifest = beside + of_map(name, text)
    assert found({"web.yaml": manifest}, tmp_path).get("tls-required") == severity


@pytest.mark.parametrize(
    ("service", "pod", "severity"),
    [
        ("type: LoadBalancer, ", OF_MAP, "HIGH"),
        ("type: NodePort, ", OF_MAP, "LOW"),
        (
            "",
            f"{OF_MAP}}}]\n      hostNetwork: true\n      nodeSelector: {{a: b}}\n      tolerations: [{{key: a",
            "HIGH",
        ),
    ],
)
def test_a_listener_in_a_config_map_that_outsiders_reach(
    service: str, pod: str, severity: str, tmp_path: Path
) -> None:
    manifest = (
        WEB.replace("{selector", f"{{{service}selector")
        + POD % pod
        + INGRESS
        + of_map("nginx.conf", PLAIN % FORWARD)
    )
    assert found({"web.yaml": manifest}, tmp_path).get("tls-required") == severity


def test_a_file_of_a_chart_that_a_template_takes(tmp_path: Path) -> None:
    files = {
        "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "web/templates/map.yaml": 'kind: ConfigMap\napiVersion: v1\nmetadata: {name: web}\ndata:\n  a: {{ .Files.Get "files/nginx.conf" | quote }}\n',
        "web/files/nginx.conf": PLAIN % FORWARD,
    }
    assert found(files, tmp_path).get("tls-required") == "INFO"
    files["web/templates/map.yaml"] = "{}\n"
    assert found(files, tmp_path).get("tls-required") == "HIGH"


def test_a_file_of_an_image_s_root(tmp_path: Path) -> None:
    files = {
        "Dockerfile": "FROM nginx:1.28.0\nCOPY rootfs /\nUSER 1000\n",
        "rootfs/tpl/etc/nginx/nginx.conf": PLAIN % FORWARD,
    }
    assert found(files, tmp_path).get("tls-required") == "INFO"


def test_a_file_that_only_development_mounts(tmp_path: Path) -> None:
    files = {"nginx.conf": PLAIN % FORWARD, "compose.dev.yaml": STACK + OURS, "edge.conf": ""}
    files["site/nginx.conf"] = TLS % FORWARD  # elsewhere TLS is ended
    assert found(files, tmp_path).get("tls-required") == "LOW"
    assert found(files | {"compose.yaml": STACK + OURS}, tmp_path).get("tls-required") == "HIGH"


@pytest.mark.parametrize("beside", ["Dockerfile", "pod.yaml"])
def test_a_folder_with_an_image_or_pods_of_its_own_is_no_part_of_what_is_built_above(
    beside: str, tmp_path: Path
) -> None:
    stack = (
        "services:\n  api:\n    build: {context: ., dockerfile: api/Dockerfile}\n    ports: ['8000:8000']\n"
    )
    own = {"Dockerfile": "FROM nginx:1.28.0\nUSER 1000\n", "pod.yaml": WEB + POD % OF_MAP}
    files = {
        "compose.yaml": stack,
        "api/Dockerfile": "FROM shop.example.com/base:1\nUSER 1000\n",
        "site/nginx.conf": PLAIN % FORWARD,
    }
    assert ("internet", "0.0.0.0:8000", "api") in ways(files, tmp_path)
    files[f"site/{beside}"] = own[beside]
    assert ways(files, tmp_path) == {()}


def ways(files: dict[str, str], root: Path) -> set[tuple[str, ...]]:
    found = review(Workspace(root, files), Policy()).findings
    return {f.reach for f in found if f.at.source == "site/nginx.conf"}


REDIS = "services:\n  cache:\n    image: redis:7.4.2\n    command: redis-server /etc/redis/redis.conf%s\n    volumes: ['./redis.conf:/etc/redis/redis.conf:ro']\n"


@pytest.mark.parametrize(
    ("words", "config", "said"),
    [
        (" --requirepass $$REDIS_PASSWORD", "protected-mode yes\nbind 0.0.0.0\n", False),
        ("", "protected-mode no\nbind 0.0.0.0\n", True),
    ],
)
@pytest.mark.parametrize("name", ["compose.yaml", "compose.dev.yaml"])
def test_a_login_that_the_command_of_a_service_asks_for(
    name: str, words: str, config: str, said: bool, tmp_path: Path
) -> None:
    files = {name: REDIS % words, "redis.conf": config}
    assert ("store-authenticated" in found(files, tmp_path)) is said


IMAGE = {"store/Dockerfile": "FROM shop.example.com/base:1\nCOPY conf/* /etc/store/\nUSER store\n"}
PUBLISHED = 'services:\n  store:\n    build: store\n    ports: ["9200:9200", "2181:2181"]\n'
OPEN_STORES = {
    "elasticsearch.yml": "network.host: 0.0.0.0\nxpack.security.enabled: false\n",
    "zoo.cfg": "clientPort=2181\nclientPortAddress=0.0.0.0\ndataDir=/var/lib/zookeeper\n",
}


@pytest.mark.parametrize(("name", "text"), OPEN_STORES.items())
def test_a_store_of_an_image_is_as_open_as_its_ports_are_published(
    name: str, text: str, tmp_path: Path
) -> None:
    alone = {f"store/conf/{name}": text}
    bare = found(alone, tmp_path)
    assert bare["store-authenticated"] == "CRITICAL"
    within = found(alone | IMAGE, tmp_path)
    assert within["store-authenticated"] == "MEDIUM" and "store-private" not in within
    assert found(alone | IMAGE | {"compose.yml": PUBLISHED}, tmp_path)["store-authenticated"] == "CRITICAL"
    whole = {"store/Dockerfile": IMAGE["store/Dockerfile"].replace("conf/*", ".")}
    assert found(alone | whole, tmp_path)["store-authenticated"] == "CRITICAL"


def test_a_part_of_nginx_beside_no_known_main_file_leaves_open_what_that_sets(tmp_path: Path) -> None:
    part = {"web/status.conf": "server {\n    listen 8080;\n    location / { root /srv; }\n}\n"}
    build = "FROM shop.example.com/nginx-base:1\nCOPY status.conf %s\nUSER web\n"
    own = found({**part, "web/Dockerfile": build % "/etc/nginx/include/"}, tmp_path)
    usual = found({**part, "web/Dockerfile": build % "/etc/nginx/conf.d/"}, tmp_path)
    assert "banner-hidden" not in own and "banner-hidden" in usual


def test_a_part_of_postgresql_is_not_judged_by_defaults(tmp_path: Path) -> None:
    part = "shared_preload_libraries = 'citus'\nssl = off\n"
    assert "access-logged" not in found({"etc/postgresql/extra/citus.conf": part}, tmp_path)
    assert "access-logged" in found({"etc/postgresql/main.conf": f"listen_addresses = '*'\n{part}"}, tmp_path)
