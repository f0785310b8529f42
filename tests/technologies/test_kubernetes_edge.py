from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.engine.fix import Wish, plan
from batten.facts import CorsPolicy, Fact, Feature, Listener, OriginKind, Route, Upstream
from batten.formats import Workspace
from batten.model import ABSENT, UNKNOWN, AllowOrigins, Context, Safety, Setting
from batten.policy import Policy
from batten.technologies.orchestration.kubernetes import edge
from batten.technologies.orchestration.kubernetes.objects import KubernetesObject, objects

NGINX = "nginx.ingress.kubernetes.io"
POLICY = Policy(origins=("https://shop.example.com",))


def read(text: str) -> tuple[list[KubernetesObject], Workspace]:
    workspace = Workspace(Path("/nowhere"), {"m.yaml": text})
    return [o for o in objects(("m.yaml",), workspace) if isinstance(o, KubernetesObject)], workspace


def facts(text: str) -> list[Fact]:
    return list(edge.facts(*read(text)))


def ingress(*annotations: str, name: str = "nginx", tls: str = "", host: str = "api.example.com") -> str:
    return f"""\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: api
  annotations: {{{", ".join(annotations)}}}
spec:
  ingressClassName: {name}
  {tls}
  rules:
    - host: {host}
      http: {{paths: [{{path: /v1, pathType: Exact, backend: {{service: {{name: api}}}}}}]}}
"""


def plain(text: str) -> Listener:
    return next(f for f in facts(text) if isinstance(f, Listener) and f.port.value == 80)


TLS = "tls: [{hosts: [api.example.com], secretName: t}]"


@pytest.mark.parametrize(
    ("text", "tls", "redirects"),
    [
        (ingress(), False, False),
        (ingress(f'{NGINX}/force-ssl-redirect: "true"'), False, True),
        (ingress(f'{NGINX}/ssl-redirect: "false"', tls=TLS), False, False),
        (ingress(f'{NGINX}/ssl-redirect: "${{REDIRECT}}"', tls=TLS), False, UNKNOWN),
        (ingress(tls=TLS), False, UNKNOWN),  # the controller's ConfigMap decides, and is not here
        (ingress(f'{NGINX}/ssl-redirect: "false"', name="traefik", tls=TLS), False, UNKNOWN),
        (ingress(name="public"), UNKNOWN, False),
    ],
)
def test_plain_listeners_of_an_ingress(text: str, tls: object, redirects: object) -> None:
    found = plain(text)
    assert found.tls.value is tls
    assert found.redirects_to_tls is not None and found.redirects_to_tls.effective is redirects


def test_the_class_object_names_the_controller() -> None:
    made = "---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: public}\nspec: {controller: k8s.io/ingress-nginx}\n"
    assert plain(ingress(name="public") + made).tls.value is False


@pytest.mark.parametrize(
    ("host", "context"),
    [("api.localhost", Context.DEVELOPMENT), ("api.contest", None), ("api.corp.internal", None)],
)
def test_a_host_that_only_its_own_machine_resolves_is_for_development(
    host: str, context: Context | None
) -> None:
    found = [f for f in facts(ingress(host=host)) if isinstance(f, Listener)]
    assert found and {f.at.context for f in found} == {context}


def test_routes_and_upstreams_name_the_service() -> None:
    found = facts(ingress())
    route = next(f for f in found if isinstance(f, Route))
    assert (route.path, route.match, route.upstream, route.methods.value) == ("/v1", "exact", "api", ABSENT)
    assert next(f for f in found if isinstance(f, Upstream)).host == "api"


def test_a_wildcard_origin_stands_for_one_label() -> None:
    text = ingress(f'{NGINX}/enable-cors: "true"', f"{NGINX}/cors-allow-origin: 'https://*.example.com'")
    [rule] = next(f for f in facts(text) if isinstance(f, CorsPolicy)).origins.known(())
    assert rule.kind is OriginKind.PATTERN and rule.text.value == r"https://[A-Za-z0-9-]+\.example\.com"


def test_annotations_of_a_canary_do_not_count() -> None:
    text = ingress(f'{NGINX}/canary: "true"', f'{NGINX}/enable-cors: "true"')
    assert not [f for f in facts(text) if isinstance(f, CorsPolicy)]


def test_a_console_with_a_login_is_none() -> None:
    board = ingress().replace("{name: api}}", "{name: hubble-ui}}")
    assert [f.on.value for f in facts(board) if isinstance(f, Feature)] == [True]
    asked = board.replace(
        "annotations: {}", f"annotations: {{{NGINX}/auth-url: 'https://login.example.com'}}"
    )
    assert [f.on.value for f in facts(asked) if isinstance(f, Feature)] == [False]


def test_verbs_of_a_route_add_up() -> None:
    text = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: api}
spec:
  rules:
    - matches:
        - {path: {value: /v1}, method: GET}
        - {path: {value: /v1}, method: POST}
      backendRefs: [{name: api}]
"""
    [route] = [f for f in facts(text) if isinstance(f, Route)]
    assert route.methods.value == ("GET", "POST")


def test_a_fix_is_made_once_and_changes_nothing_else(tmp_path: Path) -> None:
    text = f"""\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: api
  annotations:
    {NGINX}/enable-cors: "true"  # for the shop
    {NGINX}/cors-allow-origin: '*'
spec:
  ingressClassName: nginx
"""
    (tmp_path / "m.yaml").write_text(text)
    wish = Wish(frozenset(Safety), frozenset({"cors-origin-listed"}), validate=False)
    made = plan(Workspace(tmp_path), POLICY, wish).texts["m.yaml"]
    assert made == text.replace("'*'", '"https://shop.example.com"')
    (tmp_path / "m.yaml").write_text(made)
    assert plan(Workspace(tmp_path), POLICY, wish).texts == {}


def test_no_fix_is_made_up_for_another_object() -> None:
    found, workspace = read(ingress() + "---\napiVersion: v1\nkind: Service\nmetadata: {name: x}\n")
    assert edge.write(found, workspace, AllowOrigins(("https://a.example",)), found[1].at) is None


values = st.sampled_from(
    [
        "true",
        '"true"',
        "[]",
        "{}",
        "null",
        "'*'",
        "[{name: a}]",
        "${X}",
        "0",
        "{a: [b]}",
        "'https://*'",
        "[[1]]",
    ]
)
keys = st.sampled_from(
    ["tls", "rules", "listeners", "entryPoints", "routes", "headers", "minVersion", "cipherSuites", "defaultBackend", "parentRefs",
     "ipAllowList", "ingressClassName", "insecureSkipVerify"]
)  # fmt: skip
kinds = st.sampled_from(
    ["networking.k8s.io/v1 Ingress", "gateway.networking.k8s.io/v1 Gateway", "gateway.networking.k8s.io/v1 HTTPRoute",
     "traefik.io/v1alpha1 IngressRoute", "traefik.io/v1alpha1 Middleware", "traefik.io/v1alpha1 TLSOption", "v1 ConfigMap"]
)  # fmt: skip


@given(kinds, st.dictionaries(keys, values, max_size=5), values, values)
def test_any_object_gives_facts(kind: str, spec: dict[str, str], data: str, annotation: str) -> None:
    version, _, name = kind.partition(" ")
    lines = [
        f"apiVersion: {version}",
        f"kind: {name}",
        "metadata:",
        "  name: ingress-nginx-controller",
        "  annotations:",
    ]
    lines += [
        f"    {NGINX}/{key}: {annotation}"
        for key in ("enable-cors", "cors-allow-origin", "ssl-redirect", "proxy-body-size")
    ]
    lines += ["data:", f"  hsts: {data}", f"  ssl-protocols: {data}", "spec: {"]
    lines += [f"  {key}: {value}," for key, value in spec.items()]
    found, workspace = read("\n".join([*lines, "}"]) + "\n")
    for fact in edge.facts(found, workspace):
        edge.write(found, workspace, AllowOrigins(("https://a.example",)), fact.at)


def hops(text: str) -> list[tuple[object, object]]:
    found = [f for f in facts(text) if isinstance(f, Upstream)]
    return [(value(f.encrypted), value(f.verified)) for f in found]


def value(setting: Setting[bool] | None) -> object:
    return setting.effective if setting is not None else None


SECURE = "haproxy-ingress.github.io/secure-"
TRAEFIK = "traefik.ingress.kubernetes.io/service."


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        ((), (UNKNOWN, None)),
        ((f'{SECURE}backends: "false"',), (UNKNOWN, None)),
        ((f'{SECURE}backends: "true"',), (True, None)),
        ((f'{SECURE}backends: "true"', f"{SECURE}verify-ca-secret: ca"), (True, None)),
        ((f'{SECURE}backends: "true"', f"{SECURE}verify-ca-secret: ca", f"{SECURE}sni: a.b"), (True, True)),
        (
            (f'{SECURE}backends: "true"', f"{SECURE}verify-ca-secret: ca", f"{SECURE}verify-hostname: a"),
            (True, True),
        ),
        (('haproxy.org/server-ssl: "true"', "haproxy.org/server-ca: a/ca"), (True, None)),
    ],
)
def test_how_haproxy_connects_to_what_is_behind(
    annotations: tuple[str, ...], expected: tuple[object, object]
) -> None:
    assert hops(ingress(*annotations, name="haproxy")) == [expected]


SERVICE = """---
apiVersion: v1
kind: Service
metadata:
  name: api
  namespace: {namespace}
  annotations:
    traefik.ingress.kubernetes.io/service.serversscheme: https
    traefik.ingress.kubernetes.io/service.serverstransport: shop-own@kubernetescrd
---
apiVersion: traefik.io/v1alpha1
kind: ServersTransport
metadata: {{name: own, namespace: shop}}
spec: {spec}
"""


@pytest.mark.parametrize(
    ("namespace", "spec", "expected"),
    [
        ("shop", "{serverName: a.b}", (True, True)),
        ("shop", "{insecureSkipVerify: false}", (True, True)),
        ("shop", "{insecureSkipVerify: true}", (True, None)),  # reported of the transport
        ("shop", '{insecureSkipVerify: "{{ .x }}"}', (True, None)),
        ("other", "{}", (True, None)),  # its transport is not here
    ],
)
def test_how_traefik_connects_to_what_is_behind(
    namespace: str, spec: str, expected: tuple[object, object]
) -> None:
    text = ingress(name="traefik") + SERVICE.format(namespace=namespace, spec=spec)
    assert hops(text)[0] == expected


@pytest.mark.parametrize(
    ("annotation", "redirects"),
    [
        ('haproxy-ingress.github.io/ssl-redirect: "true"', True),
        ('haproxy.org/ssl-redirect: "false"', False),
        ("haproxy.org/check: x", UNKNOWN),
    ],
)
def test_redirects_of_haproxy(annotation: str, redirects: object) -> None:
    text = ingress(annotation, name="haproxy", tls=TLS)
    found = [f for f in facts(text) if isinstance(f, Listener) and f.port.known(0) == 80]
    assert [value(one.redirects_to_tls) for one in found] == [redirects]


ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: {kind}
metadata: {{name: a, namespace: shop}}
spec:
  hostnames: [a.example.com]
  rules: [{{backendRefs: [{{name: edge, port: 443}}]}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: {{name: a, namespace: {namespace}}}
spec:
  targetRefs: [{{group: "", kind: Service, name: edge}}]
  validation: {{hostname: a.example.com, wellKnownCACertificates: System}}
"""


@pytest.mark.parametrize("kind", ["HTTPRoute", "TLSRoute"])
def test_a_policy_of_another_namespace_secures_nothing(kind: str) -> None:
    assert hops(ROUTE.format(kind=kind, namespace="shop")) == [(True, True)]
    assert hops(ROUTE.format(kind=kind, namespace="other")) == [(UNKNOWN, None)]
