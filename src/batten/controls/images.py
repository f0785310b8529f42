"""What images are built from, and how exactly they are named."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._registry import control
from batten.facts import BuildContext, BuildStep, Image
from batten.model import UNTOLD, DenyPaths, Pin, Severity, Switch, TurnOff, Violation

_FLOATING = frozenset(
    [
        "latest",
        "stable",
        "edge",
        "main",
        "master",
        "mainline",
        "nightly",
        "dev",
        "develop",
        "development",
        "current",
        "lts",
        "rolling",
        "canary",
        "beta",
        "alpha",
        "testing",
        "unstable",
        "next",
        "snapshot",
        "alpine",
        "slim",
        "debian",
        "ubuntu",
    ]
)


@control(
    "Images are named by version",
    Severity.MEDIUM,
    "V2 P2",
    "https://docs.docker.com/build/building/best-practices/#pin-base-image-versions",
)
def image_pinned(image: Image) -> Iterator[Violation]:
    """A tag like `latest` is another image tomorrow: what was reviewed is not what will run."""
    if image.stage or image.built_here or image.digest or not image.name or not image.reference.is_known:
        return
    if not image.tag:
        yield Violation(
            UNTOLD, f"the image `{image.name}` is named without a version", image.reference.at, Pin()
        )
    elif image.tag.lower() in _FLOATING:
        message = f"the tag `{image.tag}` of the image `{image.name}` moves"
        yield Violation(UNTOLD, message, image.reference.at, Pin())


_STEPS = {
    Switch.REMOTE_SCRIPT: "a script is fetched and run without a look at it",
    Switch.ADD_URL: "ADD fetches a file that nothing verifies: give it --checksum",
    Switch.SUDO: "sudo in a build gives the image a way back to root",
    Switch.PACKAGE_UNVERIFIED: "packages are installed or fetched without verification",
    Switch.PACKAGE_CACHE: "package lists stay in the image",
    Switch.WORLD_WRITABLE: "files are made writable for every user",
    Switch.ADD_LOCAL: "ADD unpacks and fetches; COPY only copies",
    Switch.SET_USER_ID: "a program is given its owner's rights for whoever starts it",
    Switch.PRIVILEGED_STEP: "a step of the build runs privileged on the machine that builds",
    Switch.HOST_NETWORK_STEP: "a step of the build runs in the network of the machine that builds",
    Switch.SECRET_ARGUMENT: "a credential is passed as a variable of the build: it stays in the image's history",
    Switch.CREDENTIAL_FILE: "a file of credentials is copied into the image",
}
_MILD = frozenset((Switch.PACKAGE_CACHE, Switch.ADD_LOCAL))
_KEPT_OUT = (".git", ".env", ".env.*", "**/.*_history", "**/*.pem", "**/*.key")


@control("Images are built from what is known", Severity.LOW, "V1 V2 P2", "CWE-494")
def image_trusted_build(step: BuildStep) -> Iterator[Violation]:
    """Whoever controls what a build fetches unverified controls every container made from it."""
    if step.weakness in _STEPS:
        severity = Severity.INFO if step.weakness in _MILD else None
        yield Violation(UNTOLD, _STEPS[step.weakness], step.at, TurnOff(step.weakness), severity)


@control("Images are built from what is known", Severity.LOW, "V1 V2 P2", slug="image-trusted-build")
def build_context_narrow(context: BuildContext) -> Iterator[Violation]:
    """What is copied without an ignore file takes keys, histories and the repository along."""
    if context.sensitive:
        some = ", ".join(context.sensitive[:3]) + (" …" if len(context.sensitive) > 3 else "")
        yield Violation(
            UNTOLD,
            f"files that nobody should get are copied into the image: {some}",
            context.at,
            DenyPaths(context.sensitive),
        )
    elif context.copies_all and not context.ignore_file.written:
        message = "everything here is copied into the image, and no .dockerignore keeps anything out"
        yield Violation(UNTOLD, message, context.at, DenyPaths(_KEPT_OUT))
