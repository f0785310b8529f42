from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.cell import NotAsked
from batten.engine.fix import Why, Wish, plan
from batten.engine.review import review
from batten.facts import Daemon, Fact, PublishedPort, Role, Store, Workload
from batten.formats import SyntaxProblem, Unreadable, Workspace, apply
from batten.model import ABSENT, UNKNOWN, Problem, Safety
from batten.policy import Policy
from batten.technologies import Unit, named_like, recognised
from batten.technologies.orchestration.kubernetes import adapter, validator
from batten.technologies.shared.inventory import Standing, inventory
from spending import at_most

POD = """apiVersion: v1
kind: Pod
metadata: {name: api, labels: {app: api}}
spec:
"""
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
        - name: app
          image: registry.example.com/api:1.4.2
          ports: [{name: http, containerPort: 8080}]
"""
NOWHERE = Path("/nonexistent")


def outcomes(text: str, **more: str) -> list[Fact | Problem]:
    files = {"manifests.yaml": text, **{name.replace("__", "."): t for name, t in more.items()}}
    return list(adapter.read(Unit("kubernetes", tuple(files)), Workspace(NOWHERE, files)))


def container(spec: str) -> Workload:
    """The only container of a pod; `spec` is indented by two."""
    found = [w for w in outcomes(POD + spec) if isinstance(w, Workload)]
    return next(w for w in found if "containers" in w.at.pointer.lower())


def pod(spec: str) -> Workload:
    return next(w for w in outcomes(POD + spec) if isinstance(w, Workload))


APP = "  containers:\n    - name: app\n      image: registry.example.com/api:1\n"


@pytest.mark.parametrize(
    ("name", "text", "taken"),
    [
        ("a.yaml", DEPLOYMENT, True),
        ("a.json", '{\n  "apiVersion": "v1",\n  "kind": "Pod"\n}', True),
        ("b.json", '{"kind":"Pod","apiVersion":"v1"}', True),
        ("playbook.yaml", "- hosts: a\n  k8s:\n    apiVersion: v1\n    kind: Pod\n", False),
        ("package.json", '{"name": "kind", "apiVersion": 3}', False),
        ("compose.yaml", "services:\n  web: {image: nginx}\n", False),
        ("openapi.yaml", "openapi: 3.1.0\nkind: X\napiVersion: y\n", False),
        ("ci.yaml", "on: push\njobs: {}\n", False),
        ("values.yaml", "replicas: 2\nimage: api\n", False),
    ],
)
def test_what_is_taken_for_a_manifest(name: str, text: str, taken: bool) -> None:
    assert ("kubernetes" in [t.name for t in recognised(named_like(name), text)]) is taken


@pytest.mark.parametrize(
    "kind", ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "ReplicationController"]
)
def test_every_kind_that_runs_pods(kind: str) -> None:
    group = {"Job": "batch/v1", "ReplicationController": "v1"}.get(kind, "apps/v1")
    text = DEPLOYMENT.replace("apps/v1", group).replace("Deployment", kind)
    assert {w.at.pointer for w in outcomes(text) if isinstance(w, Workload)} == {
        f"{kind}[api]",
        f"{kind}[api]/containers[app]",
    }


def test_a_deployment_of_another_group_runs_no_pods() -> None:
    text = DEPLOYMENT.replace("apps/v1", "example.com/v1")
    assert not [w for w in outcomes(text) if isinstance(w, Workload)]


def test_settings_of_the_pod_are_inherited_and_overridden() -> None:
    text = (
        POD + "  securityContext: {runAsUser: 1000}\n  containers:\n    - {name: a, image: 'x:1'}\n"
        "    - {name: b, image: 'x:1', securityContext: {runAsUser: 0}}\n"
    )
    users = {w.name: w.user.effective for w in outcomes(text) if isinstance(w, Workload)}
    assert (users["api/a"], users["api/b"]) == ("1000", "0")


def test_the_defaults_are_kubernetes_own() -> None:
    found = container(APP)
    assert found.no_new_privileges is not None and found.no_new_privileges.effective is False
    assert found.read_only_root is not None and found.read_only_root.effective is False
    assert found.privileged.effective is False and found.dropped_capabilities.effective == ()
    whole = pod(APP)
    assert whole.token is not None and whole.token.effective is True
    assert whole.seccomp is not None and whole.seccomp.effective == "unconfined"
    assert whole.root_refused is not None and whole.root_refused.value is ABSENT


def test_what_a_variable_decides_is_unknown() -> None:
    found = container(APP + "      securityContext: {privileged: '${P}', runAsUser: '${U}'}\n")
    assert found.privileged.value is UNKNOWN and found.user.value is UNKNOWN


def test_a_privileged_container_has_no_other_bounds() -> None:
    found = container(APP + "      securityContext: {privileged: true}\n")
    assert found.no_new_privileges is None and found.dropped_capabilities.value is UNKNOWN


def test_an_account_says_whether_its_token_is_mounted() -> None:
    account = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: api}\nautomountServiceAccountToken: false\n"
    found = outcomes(POD + "  serviceAccountName: api\n" + APP + account)
    whole = next(w for w in found if isinstance(w, Workload))
    assert whole.token is not None and whole.token.effective is False
    other = pod("  serviceAccountName: elsewhere\n" + APP).token
    assert other is not None and other.effective is UNKNOWN


def service(kind: str, rest: str = "") -> str:
    return (
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: shop}}\nspec:\n  type: {kind}\n{rest}"
        "  selector: {app: api}\n  ports: [{port: 80, targetPort: http}]\n"
    )


def test_a_service_in_another_file_publishes_the_port_its_name_stands_for() -> None:
    found = outcomes(DEPLOYMENT, service__yaml=service("LoadBalancer"))
    (port,) = [p for p in found if isinstance(p, PublishedPort)]
    assert (port.container_port, port.outside, port.via) == (8080, True, "a load balancer")
    whole = next(w for w in found if isinstance(w, Workload))
    assert whole.ports == (port,)
    assert whole.aliases == ("web", "web.shop", "web.shop.svc", "web.shop.svc.cluster.local")


@pytest.mark.parametrize("rest", ["  loadBalancerSourceRanges: [192.0.2.0/24]\n", ""])
def test_a_narrow_service_publishes_nothing(rest: str) -> None:
    found = outcomes(DEPLOYMENT, service__yaml=service("LoadBalancer" if rest else "ClusterIP", rest))
    assert not [p for p in found if isinstance(p, PublishedPort)]


def test_reach_follows_services_edges_and_connections() -> None:
    database = DEPLOYMENT.replace("api", "database").replace("databaseVersion", "apiVersion")
    edge = (
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: shop, namespace: shop}\nspec:\n"
        "  defaultBackend: {service: {name: web, port: {number: 80}}}\n"
    )
    inner = service("ClusterIP").replace("web", "database").replace("app: api", "app: database")
    calls = "          env: [{name: URL, value: 'postgres://database/x'}]\n"
    text = "---\n".join((DEPLOYMENT + calls, database, edge, service("ClusterIP"), inner))
    found = review(Workspace(NOWHERE, {"a.yaml": text}), Policy()).findings
    ways = {f.reach for f in found if f.control == "container-readonly-root"}
    assert ways == {("internet", "Ingress shop", "api"), ("internet", "Ingress shop", "api", "database")}


def test_objects_of_a_list_and_of_several_documents() -> None:
    items = "".join("    " + line + "\n" for line in (POD + APP).splitlines())
    text = "apiVersion: v1\nkind: List\nitems:\n  -\n" + items + "---\n" + DEPLOYMENT
    assert len([w for w in outcomes(text) if isinstance(w, Workload)]) == 4


def test_a_file_of_a_config_map_is_read_and_mended_in_place() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  redis.conf: |\n    # a\n    bind 0.0.0.0\n    protected-mode no\n    requirepass ${P}\n"
    found = review(Workspace(NOWHERE, {"a.yaml": text}), Policy()).findings
    (one,) = [f for f in found if f.control == "store-hardened"]
    assert one.region is not None and one.region.line == 8 and one.fix is not None
    assert apply(text, one.fix.edits) == text.replace("protected-mode no", "protected-mode yes")


def test_a_store_reads_its_file_from_the_config_map_that_it_mounts() -> None:
    text = (
        POD
        + "  containers:\n    - name: redis\n      image: redis:8.0\n      args: [/etc/redis/redis.conf]\n"
        "      command: [redis-server]\n      volumeMounts: [{name: c, mountPath: /etc/redis}]\n"
        "  volumes: [{name: c, configMap: {name: cache}}]\n"
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: cache}\ndata:\n  redis.conf: |\n    requirepass ${P}\n"
    )
    (store,) = [s for s in outcomes(text) if isinstance(s, Store)]
    assert store.authentication.effective is True and store.service == "api"


def test_roles_that_kubernetes_ships_are_left_out() -> None:
    text = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: 'system:node'}\nrules: []\n"
    assert not [r for r in outcomes(text) if isinstance(r, Role)]
    assert [r for r in outcomes(text.replace("system:", "")) if isinstance(r, Role)]


def test_flags_of_static_pods() -> None:
    text = (
        POD.replace("labels", "namespace: kube-system, labels")
        + "  containers:\n    - name: a\n      image: x\n      command: [kube-apiserver, --insecure-port, '8080',\n"
        "        '--authorization-mode=Node,AlwaysAllow', --profiling]\n"
    )
    (daemon,) = [d for d in outcomes(text) if isinstance(d, Daemon)]
    said = {name: setting.effective for name, setting in daemon.options.items()}
    assert said["insecure-port"] == "open" and said["authorization-mode"] == "AlwaysAllow"
    assert said["profiling"] == "true"


def test_a_template_names_helm() -> None:
    broken = "apiVersion: v1\nkind: Pod\nmetadata:\n  {{- include 'x' . | nindent 2 }}\n"
    for text in (broken, DEPLOYMENT.replace("name: api", "name: '{{ .Release.Name }}'")):
        (problem,) = outcomes(text)
        assert isinstance(problem, Problem) and "helm" in (problem.message + problem.hint).lower()


def test_one_broken_file_leaves_the_others() -> None:
    found = outcomes(DEPLOYMENT, other__yaml="apiVersion: v1\nkind: [\n")
    assert [p.source for p in found if isinstance(p, Problem)] == ["other.yaml"]
    assert [w for w in found if isinstance(w, Workload)]


def test_fixes_converge_and_fit_the_schema() -> None:
    text = DEPLOYMENT.replace("registry.example.com/api:1.4.2", "nginx:1.30.0") + (
        "          securityContext: {privileged: true}\n          volumeMounts: [{name: s, mountPath: /s}]\n"
        "      volumes:\n        - name: s\n          hostPath: {path: /}\n"
    )
    workspace = Workspace(NOWHERE, {"a.yaml": text})
    wish = Wish(frozenset((Safety.SAFE, Safety.RISKY)))
    made = plan(workspace, Policy(), wish)
    assert {left.finding.control for left in made.left if left.why is not Why.ANSWER} == set()
    fixed = workspace.with_overlay(made.texts)
    assert validator.validate(Unit("kubernetes", ("a.yaml",)), fixed) is True
    assert plan(fixed, Policy(), wish).texts == {}


def test_the_validator_has_no_verdict_on_the_file_of_k3s() -> None:
    held = Workspace(NOWHERE).with_overlay({"a.yaml": 'kubelet-arg: ["anonymous-auth=true"]\n'})
    said = validator.validate(Unit("kubernetes", ("a.yaml",)), held)
    assert isinstance(said, NotAsked) and said.ran


def test_the_validator_names_no_value() -> None:
    text = POD + APP + "      env: [{name: PASSWORD, value: {a: tea-4471-harbour}}]\n"
    said = validator.validate(Unit("kubernetes", ("a.yaml",)), Workspace(NOWHERE, {"a.yaml": text}))
    assert isinstance(said, Problem) and "harbour" not in said.message


def test_units_follow_folders_and_leave_charts_alone() -> None:
    files = {
        "base/kustomization.yaml": "resources: []\n",
        "base/a.yaml": DEPLOYMENT,
        "base/more/b.yaml": DEPLOYMENT,
        "chart/Chart.yaml": "name: a\n",
        "chart/templates/c.yaml": DEPLOYMENT,
        "plain/d.yaml": DEPLOYMENT,
        "plain/services/e.yaml": DEPLOYMENT,
    }
    workspace = Workspace(NOWHERE, files)
    names = [f for f in files if f.endswith(".yaml") and "Chart" not in f and "kustom" not in f]
    found = [u.files for u in adapter.units(names, workspace)]
    assert found == [("base/a.yaml", "base/more/b.yaml"), ("plain/d.yaml", "plain/services/e.yaml")]


def test_many_objects_take_little_time() -> None:
    parts = [
        DEPLOYMENT.replace("name: api", f"name: api{n}").replace("app: api", f"app: a{n}") for n in range(150)
    ]
    parts += [
        service("NodePort").replace("web", f"web{n}").replace("app: api", f"app: a{n}") for n in range(150)
    ]
    with at_most(10):
        outcomes("---\n".join(parts))


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="apiVersion: kndPo\n-{}[]'\"|&*0", max_size=200))
def test_any_text_is_facts_or_a_problem(text: str) -> None:
    with contextlib.suppress(SyntaxProblem, Unreadable):
        outcomes(text)
        outcomes(POD + text)
        outcomes(DEPLOYMENT + "          " + text.replace("\n", "\n          "))


def test_a_fix_of_json_is_json() -> None:
    spec = {"containers": [{"name": "app", "image": "registry.example.com/api:1"}]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "api"}, "spec": spec}
    workspace = Workspace(NOWHERE, {"a.json": json.dumps(pod, indent=2)})
    made = plan(workspace, Policy(), Wish(frozenset((Safety.SAFE, Safety.RISKY))))
    assert json.loads(made.texts["a.json"])["spec"]["automountServiceAccountToken"] is False


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ('["--kubelet-service=kube-system/kubelet"]', ""),
        ("[/usr/local/bin/kube-apiserver]", "kube-apiserver"),
        ("[hyperkube, apiserver]", "kube-apiserver"),
        ("[/hyperkube, kubelet]", "kubelet"),
        ('[sh, -c, "exec kube-scheduler --profiling=true"]', "kube-scheduler"),
        ("[]", ""),
    ],
)
def test_the_program_that_a_container_starts(words: str, name: str) -> None:
    text = POD + f"  containers:\n    - {{name: a, image: 'x:1', args: {words}}}\n"
    assert [d.name for d in outcomes(text) if isinstance(d, Daemon)] == ([name] if name else [])


@pytest.mark.parametrize("kind", ["Workflow", "WorkflowTemplate", "CronWorkflow"])
def test_steps_of_workflows_are_containers(kind: str) -> None:
    spec = "{serviceAccountName: runner, templates: [{name: build, container: {image: 'a:1', securityContext: {privileged: true}}}, {name: test, script: {image: 'b:1'}}]}"
    spec = f"{{workflowSpec: {spec}}}" if kind == "CronWorkflow" else spec
    text = f"apiVersion: argoproj.io/v1alpha1\nkind: {kind}\nmetadata: {{name: ci}}\nspec: {spec}\n"
    found = {w.name: w for w in outcomes(text) if isinstance(w, Workload)}
    assert set(found) == {"ci", "ci/build", "ci/test"}
    assert found["ci/build"].privileged.value is True and found["ci"].health is None
    account = found["ci"].account
    assert account is not None and account.value == "runner"


def test_what_is_set_has_the_names_of_the_inventory() -> None:
    text = (
        POD + "  shareProcessNamespace: true\n  containers: [{name: a, image: 'x:1', stdin: true,"
        " command: [/usr/bin/kube-apiserver, --runtime-config=api/all=true]}]\n"
        "  volumes: [{name: v, gitRepo: {repository: https://git.example.com/a}}]\n---\n"
        "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: a}\nspec: {rules: [{validate: {pattern: {a: b}}}]}\n---\n"
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: a\n"
        "  annotations: {alb.ingress.kubernetes.io/wafv2-acl-arn: 'arn:aws:wafv2:a'}\nspec: {}\n---\n"
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\n"
        "spec: {http: [{fault: {abort: {httpStatus: 500}}}]}\n"
    )
    workspace = Workspace(NOWHERE, {"manifests.yaml": text})
    found = {name for name, _ in adapter.settings(Unit("kubernetes", ("manifests.yaml",)), workspace)}
    listed = inventory("kubernetes")
    assert listed is not None
    unread = {one.name for one in listed.of(Standing.UNREAD)}
    assert unread & found == {
        "pod.shareProcessNamespace",
        "volume.gitRepo",
        "Kyverno ClusterPolicy.rules.validate.pattern",
        "alb.ingress.kubernetes.io wafv2-acl-arn",
        "kube-apiserver runtime-config",
        "Istio VirtualService.http.fault",
    }
