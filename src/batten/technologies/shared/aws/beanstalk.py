"""Elastic Beanstalk: environments are a list of options, each in a namespace.

Source: https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/command-options-general.html
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import AuditLog, Fact, Machine, ManagedUpdates, Safeguard
from batten.model import ABSENT, UNKNOWN, Setting, Unknown
from batten.technologies.shared.aws.resource import Resource, Resources
from batten.technologies.shared.aws.settings import of, setting, text, truth

_TYPES = ("aws_elastic_beanstalk_environment", "AWS::ElasticBeanstalk::Environment")
_UPDATES = ("aws:elasticbeanstalk:managedactions", "managedactionsenabled")
_LAUNCH = "aws:autoscaling:launchconfiguration"


def facts(resources: Resources) -> Iterator[Fact]:
    for environment in resources.of(*_TYPES):
        options = dict(_options(environment))
        at, name = environment.block(), environment.name
        updates = options.get(_UPDATES)
        if updates is None:
            known = environment.whole(of(environment, "setting", "OptionSettings"))
            updates = Setting(ABSENT, at, False if known else UNKNOWN)
        yield ManagedUpdates(at, kind="minor", service="Elastic Beanstalk environment", name=name, on=updates)
        for (namespace, option), on in options.items():
            match namespace, option:
                case "aws:ec2:vpc", "associatepublicipaddress":
                    private = Setting(
                        UNKNOWN if isinstance(on.value, Unknown) else not on.known(False), on.at
                    )
                    yield Safeguard(
                        at,
                        kind="public-addresses",
                        service="Elastic Beanstalk environment",
                        name=name,
                        on=private,
                    )
                case "aws:elasticbeanstalk:cloudwatch:logs", "streamlogs":
                    yield AuditLog(at, what=f"what environment '{name}' writes to its logs", on=on)
                case namespace, "disableimdsv1" if namespace == _LAUNCH:
                    yield Machine(at, name, on)


def _options(environment: Resource) -> Iterator[tuple[tuple[str, str], Setting[bool]]]:
    """Options by namespace and name, in small letters."""
    for option in environment.each(of(environment, "setting", "OptionSettings")):
        keys = of(option, "namespace name value", "Namespace OptionName Value").split()
        namespace, name = (setting(option, key, text).known("").lower() for key in keys[:2])
        yield (namespace, name), setting(option, keys[2], truth)
