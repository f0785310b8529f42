"""Consoles of Kafka: they hold the login of the cluster for their visitors."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.products.product import Product, Read, keys, titled

PRODUCTS = (
    Product(
        name="Kafka UI",
        sign=titled(r"UI for Apache Kafka|Kafka UI|Kafbat UI"),
        reads=(Read("/api/clusters", keys("0.name", "0.status")),),
        gains="read and write the messages of every topic, and delete topics",
        close="Set `auth.type` (`AUTH_TYPE`) to LOGIN_FORM, OAUTH2 or LDAP: its default is DISABLED.",
        source="https://ui.docs.kafbat.io/configuration/authentication/for-the-ui",
        holds=Holds.DATA,
    ),
    Product(
        name="Kafdrop",
        sign=titled(r"Kafdrop\b"),
        reads=(Read("/topic", keys("0.name", "0.partitions"), headers=(("Accept", "application/json"),)),),
        gains="read the messages of every topic, and create and delete topics",
        close="Put a proxy that requires a login in front of it; it has no login.",
        source="https://github.com/obsidiandynamics/kafdrop#securing-the-kafdrop-ui",
        holds=Holds.DATA,
    ),
    Product(
        name="AKHQ",
        sign=titled(r"AKHQ"),
        reads=(Read("/api/cluster", keys("0.id")),),
        gains="read and write the messages of every topic, and delete topics and groups",
        close="Set `micronaut.security.enabled` to true and `akhq.security.default-group` to no-roles.",
        source="https://akhq.io/docs/configuration/authentifications/",
        holds=Holds.DATA,
    ),
)  # fmt: skip
