"""What images are built from, and how exactly they are named."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._registry import control
from batten.facts import BuildContext, BuildStep, Image
from batten.model import Case, DenyPaths, Per, Pin, Severity, Switch, TurnOff, Violation

# Tags that their owners move, of images of all kinds.
FLOATING = frozenset(
    (
        "latest", "stable", "edge", "main", "master", "mainline", "nightly", "dev", "develop", "development",
        "current", "lts", "rolling", "canary", "beta", "alpha", "testing", "unstable", "next", "snapshot",
        "alpine", "slim", "debian", "ubuntu",
    )
)  # fmt: skip
# Variants of official images, whose name without a version is that of the newest release.
_VARIANTS = FLOATING | frozenset(
    (
        "management", "apache", "cli", "fpm", "zts", "jdk", "jre", "perl", "otel", "windowsservercore", "nanoserver",
    )
)  # fmt: skip


def floating(tag: str) -> bool:
    """Whether a tag names no version: `latest`, `alpine`, and `management-alpine` of RabbitMQ's image."""
    return all(word in _VARIANTS for word in tag.lower().split("-"))


class ImagePinned(Case):
    UNVERSIONED = "no-version", "Name the version that was tested, best with its digest."
    MOVING = "moving-tag", "Name a version instead of the moving tag, best with its digest."


@control(
    "Images are pinned to a version",
    Severity.MEDIUM,
    "V2 P2",
    "https://docs.docker.com/build/building/best-practices/#pin-base-image-versions",
)
def image_pinned(image: Image) -> Iterator[Violation]:
    """A tag like `latest` points to another image tomorrow, so what was reviewed is not what runs. Where most images have no
    version, that is how their owner updates them; one among pinned images was forgotten."""
    if not moves(image):
        return
    aside, milder = _milder(image)
    case, message = ImagePinned.MOVING, f"the image `{image.name}` has the moving tag `{image.tag}`"
    if not image.tag:
        case, message = ImagePinned.UNVERSIONED, f"the image `{image.name}` has no version tag"
    yield Violation(case, message + aside, image.reference.at, remedy=Pin(), severity=milder)


def _milder(image: Image) -> tuple[str, Severity | None]:
    """What to add to the sentence, and how bad it is where that is less than usual."""
    if image.usual:
        return ", as most images here", Severity.INFO
    if image.frequent:
        return ", as many images here", Severity.LOW
    if image.given:
        return f", unless `{image.given}` names a version", Severity.LOW
    return (", of a job that runs once", Severity.LOW) if image.once else ("", None)


def moves(image: Image) -> bool:
    """Whether the name means another image tomorrow."""
    return of_somebody(image) and (not image.tag or floating(image.tag))


def of_somebody(image: Image) -> bool:
    """Whether it is an image of somebody's, whose name is known and is not fixed by a digest."""
    own = image.stage or image.built_here
    written = bool(image.name) and not image.name.startswith(":") and not image.name.endswith("/")
    return not own and not image.digest and written and image.reference.is_known


class ImageTrustedBuild(Case):
    REMOTE_SCRIPT = "remote-script", "Download the script to a file, compare its checksum, then run it."
    ADD_URL = "add-url", "Give ADD a --checksum."
    SUDO = "sudo", "Run the steps that need root before USER, and remove sudo."
    UNVERIFIED = "package-unverified", "Remove the option that turns verification off."
    PLAIN = "plain-download", "Download over HTTPS, or compare the file with a checksum."
    ROOT_ACCESS = "root-access", "Remove the line, and run what needs root before USER."
    CACHE = "package-cache", "Remove the package lists in the step that fetches them."
    STALE_INDEX = "stale-index", "Update the package lists in the step that installs from them."
    WORLD_WRITABLE = "world-writable", "Give the files to the service's user instead."
    ADD_LOCAL = "add-local", "Use COPY for local files."
    SET_USER_ID = "set-user-id", "Remove the set-user-id or set-group-id bit."
    PRIVILEGED_STEP = "privileged-step", "Run the build step without privileges."
    HOST_NETWORK = "host-network-step", "Run the build step without the host's network."
    SECRET_ARGUMENT = (
        "secret-argument",
        "Use a secret mount (RUN --mount=type=secret), and rotate the credential.",
        Per.THING,
    )
    CREDENTIAL_FILE = (
        "credential-file",
        "Use a secret mount instead of the copy, and rotate the credential.",
        Per.THING,
    )
    SENSITIVE_FILES = "sensitive-files", "Exclude the files in .dockerignore.", Per.THING
    NO_IGNORE_FILE = (
        "no-ignore-file",
        "Write a .dockerignore that excludes the repository, keys and environment files.",
    )


_STEPS = {
    Switch.REMOTE_SCRIPT: (ImageTrustedBuild.REMOTE_SCRIPT, "a downloaded script is run without verification"),
    Switch.ADD_URL: (ImageTrustedBuild.ADD_URL, "ADD downloads a file without a checksum"),
    Switch.SUDO: (ImageTrustedBuild.SUDO, "a build step uses sudo, which stays in the image"),
    Switch.PACKAGE_UNVERIFIED: (
        ImageTrustedBuild.UNVERIFIED, "packages are fetched or installed without verification"),
    Switch.PLAIN_DOWNLOAD: (
        ImageTrustedBuild.PLAIN, "a build step downloads over plain HTTP without a checksum"),
    Switch.ROOT_ACCESS: (
        ImageTrustedBuild.ROOT_ACCESS, "the image admits logins as root, or gives root without a password"),
    Switch.PACKAGE_CACHE: (ImageTrustedBuild.CACHE, "package lists stay in the image"),
    Switch.STALE_INDEX: (
        ImageTrustedBuild.STALE_INDEX, "package lists are updated in a step of their own, which the build cache keeps"),
    Switch.WORLD_WRITABLE: (ImageTrustedBuild.WORLD_WRITABLE, "files are made writable for every user"),
    Switch.ADD_LOCAL: (ImageTrustedBuild.ADD_LOCAL, "ADD copies local files, and unpacks archives among them"),
    Switch.SET_USER_ID: (ImageTrustedBuild.SET_USER_ID, "a program gets the set-user-id or set-group-id bit"),
    Switch.PRIVILEGED_STEP: (
        ImageTrustedBuild.PRIVILEGED_STEP, "a build step runs privileged on the build machine"),
    Switch.HOST_NETWORK_STEP: (
        ImageTrustedBuild.HOST_NETWORK, "a build step runs in the network of the build machine"),
    Switch.SECRET_ARGUMENT: (
        ImageTrustedBuild.SECRET_ARGUMENT, "a credential is a build variable, which the image's history keeps"),
    Switch.CREDENTIAL_FILE: (
        ImageTrustedBuild.CREDENTIAL_FILE, "a file with credentials is copied into the image"),
}  # fmt: skip
_MILD = frozenset((Switch.PACKAGE_CACHE, Switch.ADD_LOCAL, Switch.STALE_INDEX))
_KEPT_OUT = (".git", ".env", ".env.*", "**/.*_history", "**/*.pem", "**/*.key")


@control("Image builds verify what they fetch and keep secrets out", Severity.LOW, "V1 V2 P2", "CWE-494")
def image_trusted_build(step: BuildStep) -> Iterator[Violation]:
    """Control over anything that a build fetches unverified is control over every container made from it."""
    if step.weakness in _STEPS:
        case, message = _STEPS[step.weakness]
        severity = Severity.INFO if step.weakness in _MILD else None
        yield Violation(case, message, step.at, remedy=TurnOff(step.weakness), severity=severity)


@control(
    "Image builds verify what they fetch and keep secrets out",
    Severity.LOW,
    "V1 V2 P2",
    slug="image-trusted-build",
)
def build_context_narrow(context: BuildContext) -> Iterator[Violation]:
    """A copy without an ignore file takes keys, histories and the repository into the image."""
    if context.sensitive:
        some = ", ".join(context.sensitive[:3]) + (" …" if len(context.sensitive) > 3 else "")
        message = f"files that look confidential are copied into the image: {some}"
        remedy = DenyPaths(context.sensitive)
        yield Violation(ImageTrustedBuild.SENSITIVE_FILES, message, context.at, remedy=remedy)
    elif context.copies_all and not context.ignore_file.written:
        message = "the whole folder is copied into the image without a .dockerignore"
        yield Violation(ImageTrustedBuild.NO_IGNORE_FILE, message, context.at, remedy=DenyPaths(_KEPT_OUT))
