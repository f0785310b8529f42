"""Programs that scripts of workflows run, and what each may do with the remote repository.

Sources: https://git-scm.com/docs, https://docs.npmjs.com/cli/commands, https://pnpm.io/cli/run, https://yarnpkg.com/cli, https://go.dev/ref/mod,
https://doc.rust-lang.org/cargo/commands, and the page of each program's command line in its vendor's documentation
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Programs of operating systems, compilers, tests and clouds, that do not look for a token in the working copy.
HARMLESS = _words(
    """
    : [ [[ awk base64 basename break cat cd chgrp chmod chown cksum clear cmp column comm continue cp curl cut date dd declare df diff
    dirname dos2unix du echo egrep envsubst exit export expr false fgrep file find fi fold fmt free getconf grep groupadd groups gunzip gzip
    head hexdump hostname htop iconv id install ip jq join kill killall less let ln local locale locale-gen ls lsblk lscpu lsof md5sum mapfile
    mkdir mktemp mv nc netstat nl nproc openssl patch paste ping pkill popd printenv printf ps pushd pwd read readarray readlink readonly
    realpath return rev rm rmdir rsync sed seq set sha1sum sha256sum sha512sum shasum shift shopt shuf sleep sort split ss stat strings sync
    sysctl tac tail tar tee test top touch tr tree true truncate type typeset ulimit umask uname uniq unlink unset unxz unzip update-alternatives
    useradd usermod uuidgen wait wc wget which whoami xz yes yq zip zcat zstd done esac }
    add-apt-repository apk apt apt-get apt-key brew choco pre-commit sphinx-build hugo mkdocs-material ssh-keyscan dnf dpkg gpg pacman snap systemctl service tdnf yum localectl losetup mount umount
    aws az docker-compose gcloud gsutil helm helmfile k3d kind kubeconform kubectl kubeval kustomize minikube oc terraform terragrunt tflint
    tfsec tofu checkov packer vault eksctl ct kube-score kube-linter helm-docs conftest
    actionlint ansible-galaxy ansible-lint bandit bats black buf clang clang-format clang-tidy cmake codecov codespell cmake-format cppcheck
    cpplint ctest flake8 g++ gcc gitleaks gofmt goimports golangci-lint gosec gotestsum gometalinter gperf govulncheck hadolint isort javac
    jest ldd ldconfig make-ssl-cert markdownlint markdownlint-cli2 meson mypy ninja nm objdump pip pip3 pip-audit pipdeptree prettier protoc pylint
    pytest ruff rustfmt rustup rustc safety semgrep shellcheck shfmt staticcheck strip swift syft grype trivy tsc typos vale valgrind yamllint
    cargo-audit cargo-deny phpunit phpstan rubocop rspec eslint vitest coverage sqlfluff vulture pyright nvm nvm-windows corepack n volta
    createdb dropdb mongo mongosh mysql mysqladmin pg_isready psql redis-cli sqlite3 etcdctl
    msbuild nuget dotnet-format xcodebuild xcrun xcode-select plutil pod adb sdkmanager emulator
    """
)
# Programs that run another one: their options that take a value, and how many words are before the program.
WRAPPERS: dict[str, tuple[frozenset[str], int]] = {
    "sudo": (frozenset(("-u", "-g", "--user", "--group")), 0),
    "env": (frozenset(("-u", "--unset")), 0),
    "time": (frozenset(), 0),
    "nohup": (frozenset(), 0),
    "exec": (frozenset(), 0),
    "command": (frozenset(), 0),
    "nice": (frozenset(("-n",)), 0),
    "timeout": (frozenset(("-s", "-k", "--signal", "--kill-after")), 1),
    "xargs": (frozenset(("-n", "-I", "-P", "-L", "-d", "-i")), 0),
    "xvfb-run": (frozenset(("-n", "-s", "-e")), 0),
    "dbus-run-session": (frozenset(), 0),
    "stdbuf": (frozenset(("-o", "-e", "-i")), 0),
}
# Programs of which some subcommands are known, and those.
SUBCOMMANDS: dict[str, frozenset[str]] = {
    name: _words(words)
    for name, words in {
        "go": "build clean doc env fix fmt get install list mod test tool version vet work",
        "cargo": "bench build check clean clippy deny doc fetch fmt install llvm-cov metadata nextest tarpaulin test tree update udeps audit",
        "docker": "build buildx compose context cp create exec export images image import info inspect kill load login logout logs manifest network "
        "port ps pull push rm rmi save start stats stop system tag version volume wait",
        "podman": "build exec images inspect load login logs ps pull push rm rmi save stop tag version",
        "buildah": "bud build login push pull",
        "mvn": "", "gradle": "", "dotnet": "build clean dev-certs format list new nuget pack restore run sln test tool workload --info --version",
        "poetry": "add build check config env export install lock self show sync update version --version",
        "uv": "add build cache export lock pip python sync tool tree venv --version",
        "pdm": "build install lock sync venv",
        "pipenv": "install sync check lock --version",
        "pipx": "install inject list ensurepath",
        "hatch": "build env fmt version",
        "composer": "install update require validate audit dump-autoload dumpautoload config diagnose show outdated check-platform-reqs global --version",
        "bundle": "install config check update lock info list",
        "gem": "install list update build",
        "flutter": "analyze build clean config doctor precache pub test --version",
        "dart": "analyze format pub test",
        "swift": "build test package",
        "mix": "deps.get compile test format credo dialyzer local.hex local.rebar",
        "sbt": "compile test update scalafmtCheck scalafmtCheckAll",
        "deno": "check fmt lint test cache install",
        "mkdocs": "build", "bazel": "build test query version info", "bazelisk": "build test query version info",
        "ansible-playbook": "--syntax-check",
        "crane": "digest manifest ls copy cp tag pull push auth",
        "skopeo": "copy inspect login list-tags",
        "cosign": "sign verify attest",
    }.items()
}  # fmt: skip
RUNNERS = {
    "poetry": ("run",), "uv": ("run",), "pdm": ("run",), "pipenv": ("run",), "bundle": ("exec",), "npm": ("exec", "x"),
    "pnpm": ("exec",), "yarn": ("exec",), "hatch": ("run",), "rtk": (), "mise": ("exec", "x"),
}  # fmt: skip
PYTHON_MODULES = _words(
    "pip pytest unittest build venv compileall mypy black flake8 pylint ruff coverage isort bandit ensurepip json.tool http.server "
    "pyflakes doctest virtualenv pipx site platform timeit wheel sphinx mkdocs"
)
GIT_LOCAL = _words(
    "add am apply archive blame branch cat-file check-ignore checkout cherry cherry-pick clean commit config count-objects describe diff "
    "diff-index diff-tree diff-files for-each-ref format-patch grep hash-object init log ls-files ls-tree merge merge-base mv name-rev notes reset "
    "restore rebase reflog rev-list rev-parse rm shortlog show show-ref sparse-checkout stash status switch symbolic-ref tag update-index "
    "update-ref var version worktree --version rerere gc fsck write-tree commit-tree read-tree stripspace interpret-trailers"
)
GIT_READS = _words("fetch pull clone submodule ls-remote lfs remote")
# Programs that run tasks of files that are not followed.
TASKS = _words(
    "ant bazel cargo-make deno doit earthly fab fastlane grunt gulp hatch invoke just lage mage moon nox pants paver perl poe pwsh powershell rake rush "
    "scons task thor tup waf wireit Rscript zx esno babel-node jiti vite-node swift eval ssh parallel watch nix nix-shell devbox mise"
)
MANAGERS = frozenset(("npm", "pnpm", "yarn", "bun", "turbo", "lerna", "nx"))
INSTALLS = frozenset(
    ("ci", "install", "i", "install-ci-test", "cit", "clean-install", "--immutable", "--frozen-lockfile", "")
)
MANAGED = _words(
    "add audit cache config dedupe dlx info list ls outdated prune rebuild set store why create init import bin root link global -v --version -g "
    "--global fetch workspaces"
)
NPX = _words(
    "eslint tsc jest vitest prettier playwright cypress stylelint ava mocha tap nyc c8 knip markdownlint markdownlint-cli2 cspell tsx ts-node "
    "vite next nuxi astro tailwindcss prisma biome @biomejs/biome oxlint commitlint depcheck publint size-limit spectral @redocly/cli redocly "
    "@stoplight/spectral-cli @openapitools/openapi-generator-cli webpack rollup esbuild concurrently wait-on cdk sst serverless ajv only-allow husky is-ci rimraf cross-env mkdirp cpx shx babel swc tsup unbuild ncc pkgroll vue-tsc svelte-check svelte-kit ng nest playwright-core puppeteer nodemon kill-port allure lhci vuepress vitepress remix expo typedoc graphql-codegen openapi-typescript sort-package-json syncpack dpdm madge"
)
# What a followed text may not hold: programs and words by which something is pushed, in any language.
PUSHES = re.compile(
    r"\bgit\b[^\n]{0,200}?\bpush\b|[\"'](?:push|git)[\"']\s*[,\])]|\b(?:simple-git|isomorphic-git|nodegit|pygit2|GitPython|import git|from git|rugged|go-git|libgit2)\b"
)
READS = re.compile(r"\bgit\b[^\n]{0,200}?\b(?:fetch|pull|clone|submodule|ls-remote|lfs|remote)\b")
RELEASES = re.compile(
    r"\b(?:semantic-release|release-it|release-please|lerna|changesets?|standard-version|np|gh-pages|ghp-import|gh-deploy|mike|goreleaser|"
    r"jgitflow|tbump|bump2version|bumpversion|git-auto|hub|gh|cargo-release|release|releases|publish|deploy|npm[ ]+version|auto-?commit|shipit|"
    r"crowdin|renovate|copybara|fastlane)\b",
    re.IGNORECASE,
)
# What shows that a program starts others.
STARTS = re.compile(
    r"\b(?:child_process|execa|zx|shelljs|cross-spawn|subprocess|os\.(?:system|exec\w*|popen|spawn\w*)|popen|execSync|spawnSync|Bun\.(?:spawn|\$)|Deno\.Command|"
    r"pexpect|invoke|plumbum|git|system|backticks|shell_exec|proc_open|passthru|Open3|importlib|__import__)\b|`[^`\n]*\bgit\b|(?<!\.)\bexec\(|\beval\("
)
INLINE = re.compile(r"\b(?:git|subprocess|system|popen|spawn|exec|execSync|child_process)\b")
