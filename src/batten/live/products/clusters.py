"""Consoles of container platforms: what they may do, their visitors may do."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.exchange import Response
from batten.live.products.product import Product, Read, both, keys, named, page, rows, says, titled


def _nobody_owns_it(response: Response) -> bool:
    """Portainer answers 404 with this sentence until the first administrator is made."""
    return response.status == 404 and says(r'"message"\s*:\s*"No administrator account found')(response)


PRODUCTS = (
    Product(
        name="Portainer",
        sign=titled(r"Portainer"),
        reads=(Read("/api/users/admin/check", _nobody_owns_it),),
        gains="make itself the administrator, and then run any container on its hosts",
        close="Set the administrator's password at the start with `--admin-password-file`.",
        source="https://docs.portainer.io/advanced/cli",
        version=r'"Version":\s*"(\d[\w.]+)"',
        tells="/api/status",
    ),
    Product(
        name="Kubernetes Dashboard",
        sign=titled(r"Kubernetes Dashboard"),
        reads=(Read("/api/v1/namespace", keys("listMeta", "namespaces.0.objectMeta")),),
        gains="see and change the cluster with the rights of the dashboard's service account",
        close="Start it without `--enable-skip-login`, and give its service account no roles.",
        source="https://github.com/kubernetes/dashboard/blob/v2.7.0/docs/common/dashboard-arguments.md",
    ),
    Product(
        name="Argo CD",
        sign=titled(r"Argo CD"),
        reads=(Read("/api/v1/applications?fields=items.metadata.name", keys("items.0.metadata")),),
        gains="do what `policy.default` allows: with `role:readonly` see every application with its manifests and logs, with `role:admin` deploy and delete them",
        close="Set `users.anonymous.enabled` to \"false\" in the ConfigMap argocd-cm.",
        source="https://argo-cd.readthedocs.io/en/stable/operator-manual/rbac/",
        holds=Holds.INSIGHT,
        version=r'"Version":\s*"v(\d[\w.]+)',
        tells="/api/version",
    ),
    Product(
        name="Argo Workflows",
        sign=named(r"Argo", r"(?i)<div id=\"?app\"?|assets/favicon|<base href"),
        reads=(Read("/api/v1/workflows/?listOptions.limit=1", both(keys("metadata", "items"), page(r'"resourceVersion"'))),),
        gains="submit workflows, which run any container in the cluster, and read the logs of all",
        close="Start the server with `--auth-mode=client` or `--auth-mode=sso`, not with `server`.",
        source="https://argo-workflows.readthedocs.io/en/latest/argo-server-auth-mode/",
    ),
    Product(
        name="Kiali",
        sign=named(r"Kiali[^<]*+"),
        reads=(Read("/api/namespaces", rows("name", "cluster")), Read("/kiali/api/namespaces", rows("name", "cluster"))),
        gains="see every service of the mesh and its traffic, and change its routing where `view_only_mode` is off",
        close="Set `auth.strategy` to token, openid or openshift, not to anonymous.",
        source="https://kiali.io/docs/configuration/authentication/anonymous/",
    ),
)  # fmt: skip
