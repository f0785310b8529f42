"""Application servers, gateways and infrastructure services."""

from __future__ import annotations

from batten.technologies.shared.unread.kind import UnreadKind

SERVERS = (
    # https://tomcat.apache.org/tomcat-11.0-doc/config/
    UnreadKind("Tomcat settings", "server.xml", r"<Server\b"),
    UnreadKind("Tomcat settings", "conf/context.xml META-INF/context.xml", r"<Context\b"),
    UnreadKind("Tomcat users", "tomcat-users.xml"),
    # https://jetty.org/docs/jetty/12/operations-guide/
    UnreadKind("Jetty settings", "jetty*.xml", r"org\.eclipse\.jetty\."),
    UnreadKind("Jetty settings", "start.d/*.ini start.ini", r"^[ \t#]*(?:--module=|jetty\.)"),
    # https://docs.wildfly.org
    UnreadKind("WildFly settings", "standalone*.xml domain.xml host.xml", r"urn:jboss:domain:"),
    # https://openliberty.io/docs/latest/reference/config/server-configuration-overview.html
    UnreadKind("Liberty settings", "server.xml", r"<featureManager\b"),
    # https://uwsgi-docs.readthedocs.io/en/latest/Configuration.html
    UnreadKind("uWSGI settings", "*.ini", r"^\[uwsgi\]"),
    # https://pm2.keymetrics.io/docs/usage/application-declaration/ (JavaScript is read), https://yhbt.net/unicorn/
    UnreadKind("PM2 processes", "ecosystem*.json ecosystem*.yml ecosystem*.yaml process.json process.yml", r"^[ \t{]*\"?apps\"?[ \t]*:"),
    UnreadKind("Unicorn settings", "config/unicorn.rb unicorn.rb"),
    # http://supervisord.org/configuration.html
    UnreadKind("supervisord settings", "supervisord.conf supervisor*.conf *.conf *.ini", r"^\[(?:supervisord|inet_http_server|program:[^\]\n]+)\]"),
    # https://varnish-cache.org/docs/, http://www.squid-cache.org/Doc/config/, https://docs.trafficserver.apache.org
    UnreadKind("Varnish configuration", "*.vcl"),
    UnreadKind("Squid configuration", "squid.conf"),
    UnreadKind("Apache Traffic Server settings", "records.config records.yaml remap.config"),
    # https://learn.microsoft.com/aspnet/core/fundamentals/servers/yarp/, https://ocelot.readthedocs.io
    UnreadKind("Ocelot gateway", "ocelot.json ocelot.*.json"),
    # https://tyk.io/docs, https://www.krakend.io/docs/configuration/structure/, https://apisix.apache.org/docs/
    UnreadKind("Tyk gateway", "tyk.conf tyk*.conf", r"\"listen_port\"[ \t]*:"),
    UnreadKind("KrakenD gateway", "*.json", r"krakend\.(?:io|\w+)/\S{0,200}schema", has="krakend"),
    UnreadKind("KrakenD gateway", "krakend.json krakend.yml krakend.yaml krakend.toml krakend.tmpl"),
    UnreadKind("APISIX gateway", "*.yaml *.yml", r"^deployment:[ \t]*\r?\n[ \t]+role:[ \t]*(?:traditional|data_plane|control_plane)", has="role:"),
    UnreadKind("Gravitee gateway", "gravitee.yml"),
    UnreadKind("Express Gateway", "gateway.config.yml system.config.yml"),
    UnreadKind("WSO2 gateway", "deployment.toml", r"^\[(?:apim|super_admin|keystore)\b"),
    UnreadKind("Apollo Router", "router.yaml supergraph.yaml", r"^(?:supergraph|cors|telemetry|headers|authorization|federation_version)[ \t]*:"),
    # https://oauth2-proxy.github.io/oauth2-proxy/configuration/overview/, https://www.pomerium.com/docs
    UnreadKind("OAuth2 Proxy settings", "oauth2-proxy.cfg oauth2_proxy.cfg oauth2-proxy*.cfg"),
    UnreadKind("Pomerium settings", "pomerium.yaml pomerium.yml *pomerium*.yaml"),
    UnreadKind("Authelia settings", "configuration.yml", r"^(?:authentication_backend|access_control|identity_providers)[ \t]*:"),
    # https://www.ory.com/docs
    UnreadKind("Ory settings", "kratos.yml kratos.yaml hydra.yml hydra.yaml oathkeeper.yml oathkeeper.yaml keto.yml keto.yaml"),
    # https://www.keycloak.org/server/configuration
    UnreadKind("Keycloak settings", "keycloak.conf"),
    # https://developer.hashicorp.com/vault/docs/configuration, consul, nomad
    UnreadKind("Vault settings", "*.hcl vault.json", r"^[ \t]*listener[ \t]+\"tcp\"[ \t]*\{|\"listener\"[ \t]*:"),
    UnreadKind("Consul settings", "consul*.hcl consul*.json", r"(?:datacenter|client_addr|acl|connect)\b"),
    UnreadKind("Boundary settings", "boundary*.hcl", r"^[ \t]*(?:controller|worker)[ \t]*\{"),
    # https://prometheus.io/docs/prometheus/latest/configuration/
    # https://docs.influxdata.com/telegraf/v1/configuration/, https://grafana.com/docs/loki/latest/configure/
    UnreadKind("Telegraf settings", "telegraf*.conf", r"^\[\[(?:inputs|outputs)\."),
    UnreadKind("Loki settings", "loki*.yml loki*.yaml", r"^(?:auth_enabled|schema_config|ingester|common)[ \t]*:"),
    # https://nodered.org/docs/user-guide/runtime/securing-node-red, https://www.home-assistant.io/integrations/http/,
    # https://www.zigbee2mqtt.io/guide/configuration/
    UnreadKind("Node-RED settings", "settings.js", r"^[ \t]*(?:flowFile|uiPort)[ \t]*:"),
    UnreadKind("Home Assistant settings", "configuration.yaml", r"^(?:homeassistant|default_config)[ \t]*:", unless=r"^mqtt[ \t]*:\r?\n[ \t]+base_topic"),
    UnreadKind("Zigbee2MQTT settings", "configuration.yaml", r"^(?:permit_join|serial|frontend)[ \t]*:"),
    UnreadKind("Alertmanager settings", "alertmanager.yml alertmanager.yaml", r"^(?:route|receivers)[ \t]*:"),
    UnreadKind("Jupyter settings", "jupyter_notebook_config.py jupyter_server_config.py jupyter_config.py"),
    UnreadKind("Airflow settings", "airflow.cfg", r"^\[(?:core|webserver|api)\]"),
    # https://docs.hasura.io, https://docs.postgrest.org/en/stable/references/configuration.html
    UnreadKind("PostgREST settings", "postgrest.conf"),
    # https://www.openldap.org/doc/
    UnreadKind("OpenLDAP settings", "slapd.conf"),
)  # fmt: skip
