"""Consoles of container platforms, by doubles: the real ones need the platform."""

from __future__ import annotations

from product_cases import Case, Reply, doubled, html, json_of, refused


def _page(title: str) -> Reply:
    return html(
        f'<html><head><title>{title}</title><base href="/"></head><body><div id="app"></div></body></html>'
    )


_NOBODY = json_of(
    {
        "message": "No administrator account found inside the database",
        "details": "Object not found inside the database",
    },
    404,
)
_NAMESPACES = {
    "listMeta": {"totalItems": 1},
    "namespaces": [{"objectMeta": {"name": "default"}, "typeMeta": {"kind": "namespace"}, "phase": "Active"}],
    "errors": [],
}
_NONE = {"listMeta": {"totalItems": 0}, "namespaces": [], "errors": [{"ErrStatus": {"code": 403}}]}
_NO_TOKEN = json_of({"error": "no session information", "code": 16, "message": "no session information"}, 401)
_MESH = json_of([{"name": "shop", "cluster": "Kubernetes", "labels": {}, "annotations": {}}])

CASES = (
    Case(
        product="Portainer",
        double=True,
        source="https://github.com/portainer/portainer/blob/develop/api/http/handler/users/admin_check.go",
        opened=doubled(
            {
                "GET /": _page("Portainer"),
                "GET /api/users/admin/check": _NOBODY,
                "GET /api/status": json_of({"Version": "2.21.0", "InstanceID": "1"}),
            }
        ),
        locked=doubled({"GET /": _page("Portainer"), "GET /api/users/admin/check": (204, {}, "")}),
    ),
    Case(
        product="Kubernetes Dashboard",
        double=True,
        source="https://github.com/kubernetes/dashboard/blob/v2.7.0/src/app/backend/resource/namespace/list.go",
        opened=doubled(
            {"GET /": _page("Kubernetes Dashboard"), "GET /api/v1/namespace": json_of(_NAMESPACES)}
        ),
        locked=doubled({"GET /": _page("Kubernetes Dashboard"), "GET /api/v1/namespace": json_of(_NONE)}),
    ),
    Case(
        product="Argo CD",
        double=True,
        source="https://argo-cd.readthedocs.io/en/stable/developer-guide/api-docs/",
        opened=doubled(
            {
                "GET /": _page("Argo CD"),
                "GET /api/v1/applications": json_of({"items": [{"metadata": {"name": "shop"}}]}),
                "GET /api/version": json_of({"Version": "v2.13.1+af54ef8"}),
            }
        ),
        locked=doubled({"GET /": _page("Argo CD"), "GET /api/v1/applications": _NO_TOKEN}),
    ),
    Case(
        product="Argo Workflows",
        double=True,
        source="https://github.com/argoproj/argo-workflows/blob/main/api/openapi-spec/swagger.json",
        opened=doubled(
            {
                "GET /": _page("Argo"),
                "GET /api/v1/workflows/": json_of({"metadata": {"resourceVersion": "7"}, "items": None}),
            }
        ),
        locked=doubled({"GET /": _page("Argo"), "GET /api/v1/workflows/": _NO_TOKEN}),
    ),
    Case(
        product="Kiali",
        double=True,
        source="https://github.com/kiali/kiali/blob/master/swagger.json",
        opened=doubled(
            {
                "GET /": (302, {"Location": "/kiali/"}, ""),
                "GET /kiali/": _page("Kiali"),
                "GET /kiali/api/namespaces": _MESH,
            }
        ),
        locked=doubled(
            {"GET /": (302, {"Location": "/kiali/"}, ""), "GET /kiali/": _page("Kiali")}, refused(401)
        ),
    ),
)
