"""Application servers, gateways and infrastructure services."""

from __future__ import annotations

from batten.technologies.shared.unread.row import Row

SERVERS = (
    # https://tomcat.apache.org/tomcat-11.0-doc/config/
    Row("Tomcat settings", "server.xml", r"<Server\b"),
    Row("Tomcat settings", "conf/context.xml META-INF/context.xml", r"<Context\b"),
    Row("Tomcat users", "tomcat-users.xml"),
    # https://jetty.org/docs/jetty/12/operations-guide/
    Row("Jetty settings", "jetty*.xml", r"org\.eclipse\.jetty\."),
    Row("Jetty settings", "start.d/*.ini start.ini", r"^[ \t#]*(?:--module=|jetty\.)"),
    # https://docs.wildfly.org
    Row("WildFly settings", "standalone*.xml domain.xml host.xml", r"urn:jboss:domain:"),
    # https://openliberty.io/docs/latest/reference/config/server-configuration-overview.html
    Row("Liberty settings", "server.xml", r"<featureManager\b"),
    # https://uwsgi-docs.readthedocs.io/en/latest/Configuration.html
    Row("uWSGI settings", "*.ini", r"^\[uwsgi\]"),
    # https://pm2.keymetrics.io/docs/usage/application-declaration/ (JavaScript is read), https://yhbt.net/unicorn/
    Row("PM2 processes", "ecosystem*.json ecosystem*.yml ecosystem*.yaml process.json process.yml", r"^[ \t{]*\"?apps\"?[ \t]*:"),
    Row("Unicorn settings", "config/unicorn.rb unicorn.rb"),
    # http://supervisord.org/configuration.html
    Row("supervisord settings", "supervisord.conf supervisor*.conf *.conf *.ini", r"^\[(?:supervisord|inet_http_server|program:[^\]\n]+)\]"),
    # https://varnish-cache.org/docs/, http://www.squid-cache.org/Doc/config/, https://docs.trafficserver.apache.org
    Row("Varnish configuration", "*.vcl"),
    Row("Squid configuration", "squid.conf"),
    Row("Apache Traffic Server settings", "records.config records.yaml remap.config"),
    # https://learn.microsoft.com/aspnet/core/fundamentals/servers/yarp/, https://ocelot.readthedocs.io
    Row("Ocelot gateway", "ocelot.json ocelot.*.json"),
    # https://tyk.io/docs, https://www.krakend.io/docs/configuration/structure/, https://apisix.apache.org/docs/
    Row("Tyk gateway", "tyk.conf tyk*.conf", r"\"listen_port\"[ \t]*:"),
    Row("KrakenD gateway", "*.json", r"krakend\.(?:io|\w+)/\S{0,200}schema", has="krakend"),
    Row("KrakenD gateway", "krakend.json krakend.yml krakend.yaml krakend.toml krakend.tmpl"),
    Row("APISIX gateway", "*.yaml *.yml", r"^deployment:[ \t]*\r?\n[ \t]+role:[ \t]*(?:traditional|data_plane|control_plane)", has="role:"),
    Row("Gravitee gateway", "gravitee.yml"),
    Row("Express Gateway", "gateway.config.yml system.config.yml"),
    Row("WSO2 gateway", "deployment.toml", r"^\[(?:apim|super_admin|keystore)\b"),
    Row("Apollo Router", "router.yaml supergraph.yaml", r"^(?:supergraph|cors|telemetry|headers|authorization|federation_version)[ \t]*:"),
    # https://oauth2-proxy.github.io/oauth2-proxy/configuration/overview/, https://www.pomerium.com/docs
    Row("OAuth2 Proxy settings", "oauth2-proxy.cfg oauth2_proxy.cfg oauth2-proxy*.cfg"),
    Row("Pomerium settings", "pomerium.yaml pomerium.yml *pomerium*.yaml"),
    Row("Authelia settings", "configuration.yml", r"^(?:authentication_backend|access_control|identity_providers)[ \t]*:"),
    # https://www.ory.com/docs
    Row("Ory settings", "kratos.yml kratos.yaml hydra.yml hydra.yaml oathkeeper.yml oathkeeper.yaml keto.yml keto.yaml"),
    # https://www.keycloak.org/server/configuration
    Row("Keycloak settings", "keycloak.conf"),
    # https://developer.hashicorp.com/vault/docs/configuration, consul, nomad
    Row("Vault settings", "*.hcl vault.json", r"^[ \t]*listener[ \t]+\"tcp\"[ \t]*\{|\"listener\"[ \t]*:"),
    Row("Consul settings", "consul*.hcl consul*.json", r"(?:datacenter|client_addr|acl|connect)\b"),
    Row("Boundary settings", "boundary*.hcl", r"^[ \t]*(?:controller|worker)[ \t]*\{"),
    # https://prometheus.io/docs/prometheus/latest/configuration/
    # https://docs.influxdata.com/telegraf/v1/configuration/, https://grafana.com/docs/loki/latest/configure/
    Row("Telegraf settings", "telegraf*.conf", r"^\[\[(?:inputs|outputs)\."),
    Row("Loki settings", "loki*.yml loki*.yaml", r"^(?:auth_enabled|schema_config|ingester|common)[ \t]*:"),
    # https://nodered.org/docs/user-guide/runtime/securing-node-red, https://www.home-assistant.io/integrations/http/,
    # https://www.zigbee2mqtt.io/guide/configuration/
    Row("Node-RED settings", "settings.js", r"^[ \t]*(?:flowFile|uiPort)[ \t]*:"),
    Row("Home Assistant settings", "configuration.yaml", r"^(?:homeassistant|default_config)[ \t]*:", unless=r"^mqtt[ \t]*:\r?\n[ \t]+base_topic"),
    Row("Zigbee2MQTT settings", "configuration.yaml", r"^(?:permit_join|serial|frontend)[ \t]*:"),
    Row("Alertmanager settings", "alertmanager.yml alertmanager.yaml", r"^(?:route|receivers)[ \t]*:"),
    Row("Jupyter settings", "jupyter_notebook_config.py jupyter_server_config.py jupyter_config.py"),
    Row("Airflow settings", "airflow.cfg", r"^\[(?:core|webserver|api)\]"),
    # https://docs.hasura.io, https://docs.postgrest.org/en/stable/references/configuration.html
    Row("PostgREST settings", "postgrest.conf"),
    # https://www.openldap.org/doc/
    Row("OpenLDAP settings", "slapd.conf"),
)  # fmt: skip
