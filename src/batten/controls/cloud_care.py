"""Controls on how managed services of a cloud are cared for: patches, and the safeguards that they offer."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._registry import control
from batten.facts import ManagedUpdates, Safeguard
from batten.model import Case, Per, Severity, Switch, TurnOn, Violation


class CloudPatchesAutomatic(Case):
    MINOR = "minor-upgrades-off", "Turn on automatic minor version upgrades, or plan and record them."
    SCAN = (
        "images-unscanned",
        "Scan images when they are pushed, or turn on enhanced scanning for the registry.",
    )


@control("Managed services get patches by themselves", Severity.LOW, "V2 P2 P4", "CWE-1104, CWE-937")
def cloud_patches_automatic(updates: ManagedUpdates) -> Iterator[Violation]:
    """Flaws of an engine or an image are public as soon as their patches are. A service that waits for someone to
    install them stays open for as long."""
    if updates.on.known(True) is not False:
        return
    named, remedy = f"{updates.service} `{updates.name}`", TurnOn(Switch.AUTOMATIC_UPDATES)
    if updates.kind == "scan":
        case, message = CloudPatchesAutomatic.SCAN, f"{named} does not scan images for known flaws"
    else:
        case, message = CloudPatchesAutomatic.MINOR, f"{named} does not install minor versions by itself"
    yield Violation(case, message, updates.on.at, remedy=remedy)


class CloudServiceHardened(Case):
    ADDRESS = (
        "public-address",
        "Use private addresses, with a load balancer or a NAT gateway in front.",
        Per.THING,
    )
    BLOCKS = "public-access-unblocked", "Turn on all four settings of the public access block."
    ROTATION = "key-not-rotated", "Turn on the yearly rotation of the key."
    PASSWORDS = (
        "weak-password-policy",
        "Require long passwords of several kinds of characters, and no old ones.",
    )
    FACTOR = "no-second-factor", "Offer or require a second factor, and configure software tokens."
    GUESTS = "guest-access", "Turn off identities without a login."
    NAMES = "user-names-revealed", "Return the same error for users that do not exist."
    TAGS = "tags-mutable", "Make tags immutable."
    NOTEBOOK = (
        "notebook-open",
        "Place the notebook in a network without direct internet access, and without root access.",
    )
    BUILD = "privileged-build", "Turn off privileged mode, unless the project builds container images."
    SOURCE = "unverified-source", "Verify the certificate of the source's host."
    ACCEPTANCE = "accepted-unseen", "Require approval of new connections."
    OPTIONAL = "safeguard-off", "Turn the safeguard on."


# What is wrong, by kind of safeguard: the case, the sentence about `{0}`, and its severity.
SAFEGUARDS: dict[str, tuple[CloudServiceHardened, str, Severity]] = {
    "public-address": (CloudServiceHardened.ADDRESS, "{0} gets a public address", Severity.LOW),
    "public-addresses": (CloudServiceHardened.ADDRESS, "{0} gives its machines public addresses", Severity.LOW),
    "public-access-block": (
        CloudServiceHardened.BLOCKS, "the public access block of {0} is not complete", Severity.HIGH,
    ),
    "key-rotation": (CloudServiceHardened.ROTATION, "{0} is never rotated", Severity.LOW),
    "password-policy": (CloudServiceHardened.PASSWORDS, "the password policy does not require {1}", Severity.MEDIUM),
    "second-factor": (CloudServiceHardened.FACTOR, "{0} has no second factor", Severity.LOW),
    "guests": (CloudServiceHardened.GUESTS, "{0} gives AWS credentials to clients without a login", Severity.MEDIUM),
    "user-names": (CloudServiceHardened.NAMES, "{0} reveals which users exist", Severity.LOW),
    "tags": (CloudServiceHardened.TAGS, "tags of {0} can be moved to another image", Severity.LOW),
    "direct-internet": (CloudServiceHardened.NOTEBOOK, "{0} has direct access to the internet", Severity.MEDIUM),
    "root-access": (CloudServiceHardened.NOTEBOOK, "users of {0} have root access", Severity.LOW),
    "privileged-build": (CloudServiceHardened.BUILD, "{0} runs builds in privileged mode", Severity.LOW),
    "unverified-source": (CloudServiceHardened.SOURCE, "{0} accepts any certificate of its source", Severity.MEDIUM),
    "acceptance": (CloudServiceHardened.ACCEPTANCE, "{0} accepts connections without approval", Severity.LOW),
    "old-authority": (
        CloudServiceHardened.OPTIONAL, "{0} has a certificate of an authority that has expired", Severity.MEDIUM,
    ),
    "permissive": (CloudServiceHardened.OPTIONAL, "{0} checks no permissions for single tables", Severity.MEDIUM),
    "overridden": (CloudServiceHardened.OPTIONAL, "clients can override the settings of {0}", Severity.LOW),
    "whole-file-system": (CloudServiceHardened.OPTIONAL, "clients of {0} reach the whole file system", Severity.LOW),
    "user-of-clients": (CloudServiceHardened.OPTIONAL, "{0} trusts the user that its clients name", Severity.LOW),
    "passwords-only": (CloudServiceHardened.OPTIONAL, "users of {0} cannot log in with IAM", Severity.INFO),
    "old-algorithms": (CloudServiceHardened.OPTIONAL, "{0} accepts algorithms that rest on SHA-1", Severity.LOW),
    "outside-network": (CloudServiceHardened.OPTIONAL, "{0} copies data outside its network", Severity.INFO),
    "connecting-model": (CloudServiceHardened.OPTIONAL, "containers of {0} can make outbound connections", Severity.LOW),
    "introspection": (CloudServiceHardened.OPTIONAL, "clients can read the schema of {0}", Severity.INFO),
    "password-flow": (CloudServiceHardened.OPTIONAL, "{0} accepts logins that send the password itself", Severity.INFO),
    "unscanned-mail": (CloudServiceHardened.OPTIONAL, "{0} scans no mail for spam and viruses", Severity.LOW),
    "statements-logged": (CloudServiceHardened.OPTIONAL, "{0} writes statements of SQL into its log", Severity.LOW),
    "unlocked-domain": (CloudServiceHardened.OPTIONAL, "{0} can be transferred to another registrar", Severity.LOW),
    "let-on": (CloudServiceHardened.OPTIONAL, "{0} forwards visitors that have not logged in", Severity.MEDIUM),
    "transparency": (CloudServiceHardened.OPTIONAL, "{0} is left out of the certificate transparency log", Severity.LOW),
    "public-clusters": (
        CloudServiceHardened.OPTIONAL, "{0} may have security groups that are open to the internet", Severity.MEDIUM,
    ),
}  # fmt: skip


@control(
    "Managed services of the cloud are hardened", Severity.HIGH, "V1 V3 P2", "OWASP API8:2023, CWE-1188",
)  # fmt: skip
def cloud_service_hardened(safeguard: Safeguard) -> Iterator[Violation]:
    """A safeguard that is off has no effect until the day that something else fails, and then it decides how far an
    attacker gets."""
    if safeguard.on.known(True) is not False or safeguard.kind not in SAFEGUARDS:
        return
    case, sentence, severity = SAFEGUARDS[safeguard.kind]
    # What is named public is meant to be; that its machines get addresses unasked is still no need of load balancers and gateways.
    if safeguard.kind == "public-addresses" and "public" in safeguard.name.lower():
        severity = Severity.INFO
    message = sentence.format(f"{safeguard.service} `{safeguard.name}`", safeguard.service)
    yield Violation(case, message, safeguard.on.at, remedy=TurnOn(Switch.SAFEGUARD), severity=severity)


class CloudDataRecoverable(Case):
    COPIES = "no-copies", "Keep copies for some days, and try a restore."
    DELETABLE = "deletable", "Turn on protection against deletion where the data must last."


@control("Data in the cloud outlives a deletion", Severity.LOW, "V1 P2", "CWE-693")
def cloud_data_recoverable(safeguard: Safeguard) -> Iterator[Violation]:
    """Someone who gets in, or a mistaken run, deletes data in seconds. Copies bring it back, and a lock makes the deletion
    two steps."""
    if safeguard.on.known(True) is not False:
        return
    named, remedy = f"{safeguard.service} `{safeguard.name}`", TurnOn(Switch.SAFEGUARD)
    if safeguard.kind == "no-copies":
        message = f"no copies of {named} are kept"
        yield Violation(CloudDataRecoverable.COPIES, message, safeguard.on.at, remedy=remedy)
    elif safeguard.kind == "deletable":
        message = f"{named} has no protection against deletion"
        yield Violation(
            CloudDataRecoverable.DELETABLE, message, safeguard.on.at, remedy=remedy, severity=Severity.INFO
        )
