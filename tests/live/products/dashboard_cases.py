"""Dashboards, by doubles: no registry that is used here has the real ones."""

from __future__ import annotations

from product_cases import Case, doubled, html, json_of, refused

_GRAFANA = html(
    "<html><head><title>Grafana</title></head><body><script>window.grafanaBootData = {};</script></body></html>"
)
_BOARDS = json_of([{"id": 1, "uid": "a1", "title": "Orders", "type": "dash-db", "url": "/d/a1/orders"}])
_HEALTH = json_of({"database": "ok", "version": "11.3.0", "commit": "d9455ff"})


def _injected(name: str) -> str:
    data = "{&quot;version&quot;:&quot;8.15.0&quot;}"
    return f'<html><head><title>x</title></head><body><{name}-injected-metadata data="{data}"></{name}-injected-metadata></body></html>'


_KIBANA = {"GET /": (302, {"Location": "/app/home"}, ""), "GET /app/home": html(_injected("kbn"))}
_OPENSEARCH = {"GET /": (302, {"Location": "/app/home"}, ""), "GET /app/home": html(_injected("osd"))}
_OBJECTS = {"page": 1, "per_page": 1, "total": 0, "saved_objects": []}

CASES = (
    Case(
        product="Grafana",
        double=True,
        source="https://grafana.com/docs/grafana/latest/developers/http_api/folder_dashboard_search/",
        opened=doubled({"GET /": _GRAFANA, "GET /api/search": _BOARDS, "GET /api/health": _HEALTH}),
        locked=doubled(
            {
                "GET /": (302, {"Location": "/login"}, ""),
                "GET /login": _GRAFANA,
                "GET /api/search": refused(401),
                "GET /api/health": _HEALTH,
            }
        ),
    ),
    Case(
        product="Kibana",
        double=True,
        source="https://www.elastic.co/docs/api/doc/kibana/operation/operation-get-spaces-space",
        opened=doubled({**_KIBANA, "GET /api/spaces/space": json_of([{"id": "default", "name": "Default"}])}),
        locked=doubled(_KIBANA, refused(401)),
    ),
    Case(
        product="OpenSearch Dashboards",
        double=True,
        source="https://docs.opensearch.org/latest/dashboards/management/saved-objects-api/",
        opened=doubled({**_OPENSEARCH, "GET /api/saved_objects/_find": json_of(_OBJECTS)}),
        locked=doubled(_OPENSEARCH, refused(401)),
    ),
)
