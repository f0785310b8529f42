"""Document stores, and consoles of those."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.products.product import Product, Read, keys, named, page, text, titled

PRODUCTS = (
    Product(
        name="PouchDB Server",
        sign=text(r'"express-pouchdb"\s*:'),
        reads=(Read("/_config", keys("couch_httpd_auth", "httpd")),),
        gains="read, change and delete every database, and make itself its administrator",
        close="Create an administrator by `_config/admins`, as in CouchDB 1, and start it with `--host 127.0.0.1`.",
        source="https://docs.couchdb.org/en/1.6.1/intro/security.html",
        holds=Holds.DATA,
        version=r'"version":\s*"(\d[\w.]+)"',
    ),
    Product(
        name="Parse Dashboard",
        sign=page(r"PARSE_DASHBOARD_PATH\s*="),
        reads=(Read("/parse-dashboard-config.json", keys("apps.0.masterKey")),),
        gains="read the master key of every application, and with it all data and code of Parse Server",
        close="Set `users` in the configuration, and start it without `--dev`.",
        source="https://github.com/parse-community/parse-dashboard#configuring-basic-authentication",
    ),
    Product(
        name="Mongo Express",
        sign=titled(r"(?:Home - )?[Mm]ongo [Ee]xpress"),
        reads=(Read("/", page(r"(?i)<title>[^<]*mongo express", r"<h4[^>]*>Databases</h4>", r'href="[^"]*db/[^"/]+/"')),),
        gains="read, change and delete every database",
        close="Set `ME_CONFIG_BASICAUTH_ENABLED=true` with `ME_CONFIG_BASICAUTH_USERNAME` and `ME_CONFIG_BASICAUTH_PASSWORD`.",
        source="https://github.com/mongo-express/mongo-express#readme",
        holds=Holds.DATA,
    ),
    Product(
        name="Solr",
        sign=titled(r"Solr Admin"),
        reads=(Read("/solr/admin/info/system?wt=json", keys("lucene.solr-spec-version", "solr_home")), Read("/admin/info/system?wt=json", keys("lucene.solr-spec-version", "solr_home"))),
        gains="read, change and delete every collection, and change the configuration that runs code",
        close="Turn on the authentication plugin with `bin/solr auth enable`, and `blockUnknown`.",
        source="https://solr.apache.org/guide/solr/latest/deployment-guide/basic-authentication-plugin.html",
        holds=Holds.DATA,
        version=r'"solr-spec-version":\s*"(\d[\w.]+)"',
    ),
    Product(
        name="InfluxDB 2",
        sign=named(r"InfluxDB"),
        reads=(Read("/api/v2/setup", text(r'"allowed"\s*:\s*true')),),
        gains="make itself the first administrator, and then read and write every bucket",
        close="Finish the set-up with `influx setup` before it is reachable.",
        source="https://docs.influxdata.com/influxdb/v2/get-started/setup/",
        holds=Holds.DATA,
    ),
)  # fmt: skip
