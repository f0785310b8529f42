"""Dashboards: their queries run with the credentials of the data sources behind them."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.products.product import Product, Read, both, keys, page, rows, titled

PRODUCTS = (
    Product(
        name="Grafana",
        sign=both(titled(r"Grafana</title>"), page(r"grafanaBootData")),
        reads=(Read("/api/search?limit=1", rows("uid", "title", "type")),),
        gains="see every dashboard of the organisation, and query its data sources",
        close="Set `enabled = false` in `[auth.anonymous]` (`GF_AUTH_ANONYMOUS_ENABLED`).",
        source="https://grafana.com/docs/grafana/latest/setup-grafana/configure-access/configure-authentication/anonymous-auth/",
        holds=Holds.INSIGHT,
        mounts=("/grafana/",),
        version=r'"version":\s*"(\d[\w.]+)"',
        tells="/api/health",
    ),
    Product(
        name="Kibana",
        sign=page(r"kbn-injected-metadata"),
        reads=(Read("/api/spaces/space", keys("0.id", "0.name")),),
        gains="read, change and delete every index, by its console",
        close="Set `xpack.security.enabled: true` in Elasticsearch, and let Kibana connect as `kibana_system`.",
        source="https://www.elastic.co/docs/deploy-manage/security/set-up-minimal-security",
        holds=Holds.DATA,
        mounts=("/kibana/",),
        version=r"&quot;version&quot;:&quot;(\d[\w.]+)&quot;",
    ),
    Product(
        name="OpenSearch Dashboards",
        sign=page(r"osd-injected-metadata"),
        reads=(Read("/api/saved_objects/_find?type=index-pattern&per_page=1", keys("saved_objects", "total")),),
        gains="read, change and delete every index, by its console",
        close="Install the security plugin in OpenSearch and in OpenSearch Dashboards, and remove `plugins.security.disabled: true`.",
        source="https://docs.opensearch.org/latest/security/configuration/disable-enable-security/",
        holds=Holds.DATA,
        version=r"&quot;version&quot;:&quot;(\d[\w.]+)&quot;",
    ),
)  # fmt: skip
