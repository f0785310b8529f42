"""What each place is for: as batten.yaml, git, its structure and then its path say (docs/policy.md has the table)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from batten.engine.discover import Covered
from batten.formats import Unreadable, Workspace
from batten.formats.gitignore import is_repository, kept_out
from batten.model import Context, Finding, Kind, Location, Problem
from batten.policy import Policy, Rule
from batten.technologies import technologies

# A specification's own folder is where contracts are published from, so these names say nothing of them.
_CONTRACTS = frozenset(("openapi", "asyncapi"))
_PUBLISHED = frozenset(("doc", "docs", "documentation", "spec", "specs"))
# Pipelines run with the project's own credentials, whatever their files are called.
_PIPELINE = re.compile(
    r"(?:^|/)(?:\.github/(?:workflows|actions)|\.gitlab|\.circleci)/|(?:^|[./])gitlab-ci\.ya?ml$"
)
_OF_TESTS = re.compile(
    r"test[-_].*\.\w+|conftest\.py|.*[._-](?:spec|specs|test|tests|cy|e2e|e2e-spec)\.(?:[cm]?[jt]sx?|vue|svelte|rb|py|go|php|rs|dart|exs|lua)"
    r"|.*_test\.(?:go|py|rb|exs|dart|cc|rs)"
)  # `test-nginx.conf`, `test_orders.py`
_OF_DEVELOPERS = re.compile(r"(?:dev|development)[-_](?:settings|config)\.\w+")  # `dev_settings.py`
_VARIABLES = re.compile(
    r"\A\.env\b|\.env\Z|\.tfvars\b|\A[._](?:netrc|pgpass|git-credentials|npmrc|pypirc|dockercfg|htpasswd)\b"
    r"|\Aid_(?:rsa|dsa|ecdsa|ed25519)\b|\.(?:key|pem|ppk)\b"
)
_SHOWN_BY = re.compile(
    r"(?:nginx|apache2?|httpd|caddyfile|caddy|haproxy|lighttpd|traefik|config|settings|server|app)\.(?:example|sample)\."
)
_TEMPLATES = frozenset(("template", "tpl", "dist", "schema"))  # of variables: copied, filled in, never read
# Folders of what was put away. A `legacy` folder is not one: what it deploys often still runs.
_ARCHIVES = frozenset(
    [
        "archive",
        "archives",
        "archived",
        "_archive",
        "_archived",
        "old",
        "_old",
        "attic",
        "deprecated",
        "obsolete",
    ]
)
# Copies that people, editors and package managers (dpkg, ucf, rpm) leave beside a file; no server reads them by itself.
_COPY = re.compile(
    r"(?:~|[._-](?:old|bak|orig)(?:\.[a-z]+)?|\.(?:save|swp|dpkg-\w+|ucf-\w+|rpm(?:new|orig|save)))$"
)
# Packages of JVM languages are named after domains (`com.example`), and say nothing of what their classes are for.
_PACKAGES = re.compile(r"(?:^|/)src/main/(?:java|kotlin|scala|groovy)(?=/)")
# Source sets of Gradle and Maven beside `main`: https://docs.gradle.org/current/userguide/java_testing.html
_SOURCE_SET = re.compile(r"(?:^|/)src/(?:[a-z]\w*Tests?|test[A-Z]\w*|it)/")
_WORD = re.compile(
    r"[^_-]*$"
)  # of the parts around the last dot the last word: `compose-dev.yaml`, `Dockerfile.dev`

# Words that say nothing of what a folder or a file is for, beside one that does: `e2e-tests`, `docker-compose-dev-updated.yaml`.
_SILENT = """
app application applications apps appsettings base build common compose conf config configs configuration container containers data docker
dockerfile env environment environments envs files new nginx override script scripts server settings setup shared stack stacks suite suites
updated values web
"""
NEUTRAL = frozenset(_SILENT.split())
_OF_OTHERS = re.compile(r"[\w.-]+[-_](?:api[-_])?client|generated|external|externals|upstream-apis?")
_HIDDEN = frozenset((".dev", ".devel", ".development", ".docker-dev", ".sandbox"))  # `.local` is of a home
_ON_A_DESK = frozenset(("kind", "minikube", "k3d", "microk8s"))  # clusters of a developer's machine
_OF_ROLES = frozenset(("roles", "extensions", "default"))
_ORCHESTRATION = frozenset(
    (
        "k8s", "kubernetes", "kube", "compose", "docker", "cluster", "clusters", "stack", "stacks", "env", "envs",
        "deploy", "deployment", "deployments",
    )
)  # fmt: skip
# Folders of what is deployed.
_DEPLOYED = frozenset(
    (
        "kubernetes",
        "k8s",
        "kube",
        "deploy",
        "deployment",
        "deployments",
        "manifests",
        "cluster",
        "clusters",
        "gitops",
        "helm",
        "charts",
        "infra",
        "infrastructure",
        "terraform",
    )
)
_DEMONSTRATES = re.compile(r"[-_](?:demo|example|sample)s?$", re.IGNORECASE)
_DEMONSTRATION = re.compile(
    r"^description:[^\n]{0,200}\b(?:demo|demonstration|example|sample)s?\b", re.IGNORECASE | re.MULTILINE
)
_CHART = 16_384  # bytes of a Chart.yaml
# Words that stand for something else beside others: `api-docs`, `ci-images`, `helm-spec`.
_ALONE = frozenset(("ci", ".ci", "doc", "docs", "documentation", "spec", "specs", "debug"))


@dataclass(slots=True)
class Contexts:
    """The contexts of one run's places. A path is below the root, so what lies around the root tells nothing."""

    policy: Policy = field(default_factory=Policy)
    workspace: Workspace | None = None  # None: only the path tells
    _mapped: list[tuple[Covered, Context]] = field(init=False)
    _known: dict[tuple[str, bool], Context] = field(default_factory=dict)
    _outside: dict[str, Context | None] = field(default_factory=dict)
    _included: set[str] = field(default_factory=set)  # by production files

    def __post_init__(self) -> None:
        self._mapped = [(Covered((glob,)), context) for glob, context in self.policy.contexts]

    def of(self, at: Location, technology: str = "") -> Context:
        """What a place is for. An answer on the wire is what is deployed."""
        if at.kind is Kind.WIRE:
            return at.context or Context.PRODUCTION
        if at.context is not None and not (
            self._as_placed(at.source) is Context.GITIGNORED and self._as_mapped(at.source) is None
        ):
            return at.context
        return self.of_path(at.source, technology)

    def of_path(self, path: str, technology: str = "") -> Context:
        if path in self._included:
            return Context.PRODUCTION
        key = (path, technology in _CONTRACTS)
        if key not in self._known:
            found = self._as_mapped(path) or self._as_placed(path) or inferred(path, technology)
            shown = found is Context.PRODUCTION and self._is_of_a_demonstration(path)
            self._known[key] = Context.EXAMPLE if shown else found
        return self._known[key]

    def _is_of_a_demonstration(self, path: str) -> bool:
        """Whether it is in a chart that says twice that it demonstrates: by its folder's name and by its description."""
        folder = path if self.workspace is not None and "://" not in path else ""
        while folder := folder.rpartition("/")[0]:
            if _DEMONSTRATES.search(folder.rpartition("/")[2]) and self._describes(f"{folder}/Chart.yaml"):
                return True
        return False

    def _describes(self, chart: str) -> bool:
        if self.workspace is None or not self.workspace.exists(chart):
            return False
        try:
            text = self.workspace.head(chart, _CHART).decode("utf-8", "replace")
        except Unreadable:
            return False
        return _DEMONSTRATION.search(text) is not None

    def _as_placed(self, path: str) -> Context | None:
        if self.workspace is None or "://" in path:
            return None
        if path not in self._outside:
            # The place of a file, not its name, shows that it comes from elsewhere.
            workspace = self.workspace
            if posixpath.isabs(path):
                self._outside[path] = None
            elif kept_out(path, workspace):
                self._outside[path] = Context.GITIGNORED
            else:
                self._outside[path] = (
                    Context.VENDORED if _nested(path, workspace) or _unpacked(path, workspace) else None
                )
        return self._outside[path]

    def include(self, heads: Iterable[str], path: str) -> None:
        """What production files include is production, whatever it is called; installed packages and what git keeps out
        stay what they are."""
        if inferred(path) is Context.VENDORED or self._as_placed(path) is not None:
            return
        if all(self.of_path(head) is Context.PRODUCTION for head in heads):
            self._included.add(path)

    def included(self, path: str) -> bool:
        return path in self._included

    def try_out(self, path: str) -> None:
        """What only developers' containers are given is for development, where nothing else says what it is for."""
        for technology in (False, True):
            if (
                self._as_mapped(path) is None
                and self._known.get((path, technology), Context.PRODUCTION) is Context.PRODUCTION
            ):
                self._known[path, technology] = self._as_placed(path) or Context.DEVELOPMENT

    def release(self, folder: str, paths: Iterable[str]) -> None:
        """What a pipeline publishes from a folder is production, though the folder is called like a developer's (`dev/build`);
        what batten.yaml says, and what the names within the folder say, is left as it is."""
        for path in paths:
            below = path.removeprefix(f"{folder}/")
            named = inferred(path) is Context.DEVELOPMENT and inferred(below) is Context.PRODUCTION
            if below != path and named and self._as_mapped(path) is None:
                self.include((), path)

    def _as_mapped(self, path: str) -> Context | None:
        return next((context for covered, context in self._mapped if covered.holds(path)), None)

    def rule(self, context: Context) -> Rule:
        return self.policy.rules[context]

    def weighed(self, problems: Iterable[Problem]) -> list[Problem]:
        """The problems, those apart that are of files whose findings do not count."""
        return [p if self.rule(self.of_path(p.source)).gate else replace(p, counts=False) for p in problems]

    def withheld(self, findings: Iterable[Finding]) -> int:
        """How many findings batten.yaml takes out of the verdict, or makes milder, by saying what their files are."""
        return sum(self._mapped_away(f) for f in findings if f.suppression is None)

    def _mapped_away(self, finding: Finding) -> bool:
        most = self.rule(finding.context).most
        lowered = not finding.counts or (most is not None and finding.severity <= most)
        path, here = finding.at.source, finding.context
        if here is Context.PRODUCTION or not lowered or self._as_mapped(path) is not here:
            return False
        return inferred(path, finding.technology) is Context.PRODUCTION


ContextOf = Callable[[Location], Context]


def inferred(path: str, technology: str = "") -> Context:
    """What a path says of what lies there: the outermost folder that tells, else the file's name."""
    if "://" in path:
        return Context.PRODUCTION
    pipeline = _PIPELINE.search(path)
    # One in a folder of tests or examples is run by nothing.
    told = path[: pipeline.start() + 1] if pipeline else path
    if _SOURCE_SET.search(path):
        return Context.TEST
    packages = _PACKAGES.search(path)
    if packages:
        told = path[: packages.end() + 1] + path.rpartition("/")[2]
    *folders, name = told.lower().split("/")
    folders = [folder for folder in folders if folder != "ci"] if pipeline else folders
    if technology in _CONTRACTS:
        folders = [folder for folder in folders if folder not in _PUBLISHED]
        if any(_OF_OTHERS.fullmatch(folder) for folder in folders):
            return Context.VENDORED  # from which a client of another service is made
    for number, (above, folder) in enumerate(zip(("", *folders), folders, strict=False)):
        if folder in ("spec", "specs") and not _DEPLOYED.isdisjoint(folders[:number]):
            continue  # specifications of what is deployed, as manifests are called
        found = Context.ARCHIVED if folder in _ARCHIVES else Context.named(folder) or _compound(folder)
        if found is None and (folder in _HIDDEN or (folder in _ON_A_DESK and above in _DEPLOYED)):
            found = Context.DEVELOPMENT
        if (
            found is None
            and folder == "molecule"
            and _OF_ROLES & {*folders[:number], *folders[number + 1 : number + 2]}
        ):
            found = Context.TEST  # https://docs.ansible.com/projects/molecule/: scenarios that try a role
        if found is not None and not (folder == "local" and above == "usr"):
            return found
    return Context.PRODUCTION if pipeline else _of_file(name)


def _of_file(name: str) -> Context:
    if _OF_TESTS.fullmatch(name):
        return Context.TEST
    if _OF_DEVELOPERS.fullmatch(name):
        return Context.DEVELOPMENT
    words = [match[0] for part in name.split(".")[-2:] if (match := _WORD.search(part))]
    if _SHOWN_BY.match(name):  # `nginx.example.com.conf`
        return Context.EXAMPLE
    if _VARIABLES.search(name) and not _TEMPLATES.isdisjoint(words):
        return Context.EXAMPLE
    # A copy of a file of variables, or of credentials, holds the same.
    if _COPY.search(name) and not _VARIABLES.search(name):
        return Context.ARCHIVED
    # `openapi.spec.yaml` and `vendors.conf` are about what is deployed.
    kinds = (Context.named(word) for word in words if word not in _PUBLISHED)
    found = next((c for c in kinds if c not in (None, Context.VENDORED)), None)
    # Django's local_settings.py is what a deployment adds to the settings in the repository.
    stem = name.partition(".")[0] if not name.startswith("local_settings.") else ""
    return found or _compound(stem) or Context.PRODUCTION


def _compound(name: str) -> Context | None:
    """What a name of several words is for, where each of them says so or says nothing; the last one that does decides."""
    words = re.split(r"[-_ ]+", name.strip("."))
    if len(words) == 1:
        return None
    # `helm-tests`, `template-tests`, `tests-operator`
    if words[-1] in ("test", "tests", "testing", "e2e") or words[0] == "tests":
        return Context.TEST
    if not _ALONE.isdisjoint(words):
        return None
    # `controllers-local`, beside what clusters run; `local-k8s`, and never `local-path-provisioner`
    if words[-1] in ("local", "localhost") or (words[0] == "local" and words[-1] in _ORCHESTRATION):
        return Context.DEVELOPMENT
    kinds = [Context.named(word) or Context.named(f".{word}") for word in words if word not in NEUTRAL]
    known = [kind for kind in kinds if kind not in (None, Context.VENDORED)]
    return known[-1] if known and len(known) == len(kinds) else None


def _nested(path: str, workspace: Workspace) -> bool:
    """Whether the file is in a repository of its own within this one: a submodule, or a clone. Commits cannot hold a `.git`,
    so a change cannot add one."""
    folder = posixpath.dirname(path)
    if not folder or not is_repository("", workspace):
        return False
    known: dict[str, bool] = workspace.kept(("nested repositories",), dict)
    if folder not in known:
        known[folder] = is_repository(folder, workspace) or _nested(folder, workspace)
    return known[folder]


def _unpacked(path: str, workspace: Workspace) -> bool:
    """Whether the file is of a chart that another depends on and that a repository of charts publishes, as
    `helm dependency update` unpacks it. A chart of the same tree names no such repository.

    Source: https://helm.sh/docs/topics/charts/#managing-dependencies-with-the-dependencies-field
    """
    parts = path.split("/")
    for number, part in enumerate(parts[:-2]):
        if part == "charts" and parts[number + 1] in _fetched("/".join(parts[:number]), workspace):
            return True
    return False


def _fetched(chart: str, workspace: Workspace) -> frozenset[str]:
    """The charts that a chart takes from repositories of charts, by name."""
    path = posixpath.join(chart, "Chart.yaml")
    if not workspace.exists(path):
        return frozenset()
    known: dict[str, frozenset[str]] = workspace.kept(("fetched charts",), dict)
    if chart not in known:
        known[chart] = technologies()["helm"].module("fetched").fetched(path, workspace)
    return known[chart]
