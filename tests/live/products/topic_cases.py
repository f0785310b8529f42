"""Consoles of Kafka, by doubles: the real ones are Java's and need a cluster."""

from __future__ import annotations

from product_cases import Case, Reply, doubled, html, json_of, refused

_NO = refused(401)


def _page(title: str) -> Reply:
    return html(f'<html><head><title>{title}</title></head><body><div id="root"></div></body></html>')


_KAFKA_UI = json_of(
    [{"name": "local", "defaultCluster": None, "status": "online", "brokerCount": 1, "topicCount": 3}]
)
_KAFDROP = json_of([{"name": "orders", "partitions": [{"id": 0, "size": 9}], "config": {}}])
_AKHQ = json_of([{"id": "local", "registry": False, "connects": [], "ksqldbs": []}])

CASES = (
    Case(
        product="Kafka UI",
        double=True,
        source="https://github.com/kafbat/kafka-ui/blob/main/contract/src/main/resources/swagger/kafbat-ui-api.yaml",
        opened=doubled({"GET /": _page("UI for Apache Kafka"), "GET /api/clusters": _KAFKA_UI}),
        locked=doubled({"GET /": (302, {"Location": "/login"}, ""), "GET /login": _page("Kafka UI")}, _NO),
    ),
    Case(
        product="Kafdrop",
        double=True,
        source="https://github.com/obsidiandynamics/kafdrop#rest-endpoints",
        opened=doubled({"GET /": _page("Kafdrop: Broker List"), "GET /topic": _KAFDROP}),
    ),
    Case(
        product="AKHQ",
        double=True,
        source="https://akhq.io/docs/api.html",
        opened=doubled(
            {
                "GET /": (302, {"Location": "/ui"}, ""),
                "GET /ui": _page("AKHQ"),
                "GET /api/cluster": _AKHQ,
            }
        ),
        locked=doubled({"GET /": (302, {"Location": "/ui"}, ""), "GET /ui": _page("AKHQ")}, _NO),
    ),
)
