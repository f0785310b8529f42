"""Configuration files of data stores and brokers; batten reads how containers and services start them."""

from __future__ import annotations

from batten.technologies.shared.unread.kind import UnreadKind

STORES = (
    # https://www.mongodb.com/docs/manual/reference/configuration-options/
    # https://www.elastic.co/docs/deploy-manage, https://docs.opensearch.org
    UnreadKind("OpenSearch security", "opensearch-security/*.yml opensearch_security/*.yml"),
    UnreadKind("OpenSearch Dashboards settings", "opensearch_dashboards.yml"),
    # https://kafka.apache.org/documentation/#configuration
    # https://docs.influxdata.com, https://docs.couchdb.org/en/stable/config/, https://neo4j.com/docs/operations-manual/
    UnreadKind("Neo4j settings", "neo4j.conf apoc.conf"),
    # https://docs.nats.io/running-a-nats-service/configuration, https://mosquitto.org/man/mosquitto-conf-5.html
    UnreadKind("EMQX settings", "emqx.conf"),
    UnreadKind("ActiveMQ settings", "activemq.xml jetty-realm.properties broker.xml"),
    UnreadKind("Pulsar settings", "broker.conf standalone.conf", r"^[ \t#]*(?:zookeeperServers|metadataStoreUrl|brokerServicePort|authenticationEnabled)[ \t]*="),
    # https://solr.apache.org/guide/solr/latest/, https://docs.victoriametrics.com, https://typesense.org, https://qdrant.tech
    UnreadKind("Solr settings", "solr.xml solrconfig.xml"),
    UnreadKind("Solr security", "security.json", r"\"(?:authentication|authorization)\"[ \t]*:"),
    UnreadKind("MinIO policy", "minio*policy*.json", r"\"Statement\"[ \t]*:"),
    UnreadKind("CockroachDB settings", "cockroach*.yaml", r"^[ \t]*listen-addr[ \t]*:"),
)  # fmt: skip
