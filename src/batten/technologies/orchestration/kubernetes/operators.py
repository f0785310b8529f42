"""Stores that operators run, as their custom resources describe them.

Sources: https://strimzi.io/docs/operators/latest/configuring, https://cloudnative-pg.io/documentation/current/,
https://opensource.zalando.com/postgres-operator/docs/reference/cluster_manifest.html, https://access.crunchydata.com/documentation/postgres-operator/latest,
https://www.elastic.co/docs/reference/cloud-on-k8s, https://github.com/spotahome/redis-operator, https://redis-operator.opstree.dev/,
https://www.dragonflydb.io/docs/managing-dragonfly/operator, https://github.com/mongodb/mongodb-kubernetes, https://docs.percona.com/,
https://www.rabbitmq.com/kubernetes/operator/using-operator, https://min.io/docs/, https://docs.k8ssandra.io/, https://kubedb.com/docs/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Fact, Store
from batten.formats import tree
from batten.model import ABSENT, UNKNOWN, Location, Setting, Unknown
from batten.model.record import record
from batten.technologies.orchestration.kubernetes.cluster import Cluster
from batten.technologies.orchestration.kubernetes.objects import Field, KubernetesObject
from batten.technologies.orchestration.kubernetes.services import limited
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.stores.recognition import PORTS

_Way = tuple[str, ...]
_PUBLISHED = frozenset(("LoadBalancer", "NodePort", "true", "loadbalancer", "nodeport", "ingress", "route"))
_INNER = frozenset(("internal", "cluster-ip"))  # Strimzi's listeners; what they mean: its CRD's `type`
# Not where the line requires a client certificate (https://www.postgresql.org/docs/current/auth-pg-hba-conf.html, clientcert).
_TRUST = re.compile(
    r"host\w*\s+\S+\s+\S+\s+(?!127\.|::1|localhost|samehost)\S+(?:\s+[\d.]+)?\s+trust\b(?!.*\bclientcert=)"
)
_HERE = "[]"  # in a way: every item of a list


@record(kw_only=True)
class Operator:
    """`login` is a field without which nobody must log in, unless `rules` (of users, kept elsewhere) say so; `opened` one
    that turns logins off by a value; `hba` has lines of pg_hba.conf. `plain` turns TLS off by a value, and where `tls` is missing there is none. `doors` publish the store:
    by a type of Service, a switch, or a port of the nodes."""

    kind: str
    group: str
    product: str
    login: _Way = ()
    rules: _Way = ()
    opened: tuple[_Way, str] | None = None
    hba: _Way = ()
    tls: _Way = ()
    plain: tuple[_Way, str] | None = None
    doors: tuple[_Way, ...] = ()


_OT = ("kubernetesConfig", "redisSecret")
_OT_DOOR = (("kubernetesConfig", "service", "serviceType"), ("hostPort",))
_BOUNCER = ("proxy", "pgBouncer")
_KUBEDB_DOOR = (("serviceTemplates", _HERE, "spec", "type"),)
OPERATORS = (
    Operator(kind="RedisFailover", group="databases.spotahome.com", product="redis", login=("auth", "secretPath")),
    *(Operator(kind=kind, group="redis.redis.opstreelabs.in", product="redis", login=_OT, rules=("acl",), doors=_OT_DOOR,
               tls=("TLS",))
      for kind in ("Redis", "RedisCluster", "RedisReplication")),
    Operator(kind="Dragonfly", group="dragonflydb.io", product="dragonfly", login=("authentication",), rules=("aclFromSecret",),
             tls=("tlsSecretRef",), doors=(("serviceSpec", "type"),)),
    Operator(kind="Elasticsearch", group="elasticsearch.k8s.elastic.co", product="elasticsearch",
             opened=(("nodeSets", _HERE, "config", "xpack.security.enabled"), "false"),
             plain=(("http", "tls", "selfSignedCertificate", "disabled"), "true"), doors=(("http", "service", "spec", "type"),)),
    Operator(kind="MongoDBCommunity", group="mongodbcommunity.mongodb.com", product="mongodb", tls=("security", "tls", "enabled")),
    Operator(kind="PerconaServerMongoDB", group="psmdb.percona.com", product="mongodb", plain=(("tls", "mode"), "disabled"),
             doors=(("replsets", _HERE, "expose", "type"), ("replsets", _HERE, "expose", "exposeType"),
                    ("sharding", "mongos", "expose", "type"), ("sharding", "mongos", "expose", "exposeType"))),
    Operator(kind="PerconaXtraDBCluster", group="pxc.percona.com", product="mysql", plain=(("tls", "enabled"), "false"),
             doors=(("haproxy", "exposePrimary", "type"), ("haproxy", "exposeReplicas", "type"), ("haproxy", "serviceType"), ("proxysql", "expose", "type"),
                    ("pxc", "expose", "type"))),
    Operator(kind="PerconaPGCluster", group="pgv2.percona.com", product="postgresql",
             doors=(("expose", "type"), (*_BOUNCER, "expose", "type")),
             hba=("patroni", "dynamicConfiguration", "postgresql", "pg_hba", _HERE)),
    Operator(kind="PostgresCluster", group="postgres-operator.crunchydata.com", product="postgresql",
             doors=(("service", "type"), (*_BOUNCER, "service", "type")),
             hba=("patroni", "dynamicConfiguration", "postgresql", "pg_hba", _HERE)),
    Operator(kind="Cluster", group="postgresql.cnpg.io", product="postgresql", hba=("postgresql", "pg_hba", _HERE),
             doors=(("managed", "services", "additional", _HERE, "serviceTemplate", "spec", "type"),)),
    Operator(kind="postgresql", group="acid.zalan.do", product="postgresql", hba=("patroni", "pg_hba", _HERE),
             doors=(("enableMasterLoadBalancer",), ("enableReplicaLoadBalancer",))),
    Operator(kind="RabbitmqCluster", group="rabbitmq.com", product="rabbitmq", tls=("tls", "secretName"), doors=(("service", "type"),)),
    Operator(kind="Tenant", group="minio.min.io", product="minio", plain=(("requestAutoCert",), "false"),
             doors=(("exposeServices", "minio"),)),
    Operator(kind="CassandraDatacenter", group="cassandra.datastax.com", product="apache-cassandra",
             opened=(("config", "cassandra-yaml", "authenticator"), "AllowAllAuthenticator"),
             doors=(("networking", "hostNetwork"), ("networking", "nodePort", "native"), ("networking", "nodePort", "nativeSSL"))),
    Operator(kind="Elasticsearch", group="kubedb.com", product="elasticsearch", opened=(("disableSecurity",), "true"),
             tls=("enableSSL",), doors=_KUBEDB_DOOR),
    Operator(kind="MongoDB", group="kubedb.com", product="mongodb", tls=("tls",), doors=_KUBEDB_DOOR),
    *(Operator(kind=kind, group="kubedb.com", product=product, opened=(("disableAuth",), "true"), tls=("tls",),
               doors=_KUBEDB_DOOR)
      for kind, product in (("Redis", "redis"), ("Memcached", "memcached"))),
)  # fmt: skip
_BY_KIND = {(o.group, o.kind): o for o in OPERATORS}


def operated(cluster: Cluster) -> Iterator[Fact]:
    for found in cluster.objects:
        operator = _BY_KIND.get((found.group, found.kind))
        if operator is not None:
            spec = found.spec
            doors = [
                d
                for way in operator.doors
                for beside, d in _doors(spec, way)
                if (d.text in _PUBLISHED or d.text.isdigit())
                and not limited(beside["loadBalancerSourceRanges"])
            ]
            at = doors[0].here if doors else found.at
            yield Store(
                found.at,
                product=operator.product,
                authentication=_login(spec, operator, found.at),
                addresses=Setting(("0.0.0.0",), at),
                port=Setting(PORTS[operator.product], found.at),
                tls=_tls(spec, operator, found.at),
                service=found.name,
                published=bool(doors),
                clustered=not doors and spec.known,
            )
        elif found.kind == "Kafka" and found.group == "kafka.strimzi.io":
            # A store for each listener: a list, and up to v1beta1 a mapping of three.
            listeners = found.spec["kafka"]["listeners"]
            for kafka_name, older in listeners.entries():
                kind = older["type"] if kafka_name == "external" else None
                yield _listener(
                    found,
                    older,
                    kafka_name == "tls" or (kafka_name == "external" and older["tls"].text != "false"),
                    kind,
                )
            for item in listeners.items():
                encrypted: bool | Unknown = item["tls"].text == "true" if item["tls"].known else UNKNOWN
                yield _listener(found, item, encrypted, item["type"])
        elif found.kind == "ClickHouseInstallation":
            # Passwords of ClickHouse's users, whose keys are paths.
            for key, value in found.spec.of("configuration", "users").entries():
                name = key.rpartition("/")[2]
                if isinstance(value.node, tree.Scalar) and name == "password" and value.known:
                    held = credentials.found("password", value.text)
                    if held is not None:
                        yield credentials.in_config(value.here, key, held)


def _at(field: Field, way: _Way) -> Iterator[Field]:
    """The fields at the end of a way that are written."""
    if not way:
        if field.exists:
            yield field
    elif way[0] == _HERE:
        for item in field.items():
            yield from _at(item, way[1:])
    else:
        yield from _at(field[way[0]], way[1:])


def _doors(spec: Field, way: _Way) -> Iterator[tuple[Field, Field]]:
    """The fields at the end of a way, each with the one that it is in."""
    for beside in _at(spec, way[:-1]):
        yield from ((beside, field) for field in _at(beside, way[-1:]))


def _login(spec: Field, operator: Operator, at: Location) -> Setting[bool]:
    if operator.login:
        told = not spec.known or (operator.rules != () and bool(list(_at(spec, operator.rules))))
        return Setting(ABSENT, at, bool(list(_at(spec, operator.login))) or (UNKNOWN if told else False))
    if operator.opened is not None:
        way, value = operator.opened
        for field in _at(spec, way):
            if field.text == value:
                return Setting(False, field.here)
    for line in _at(spec, operator.hba) if operator.hba else ():
        if _TRUST.match(line.text.strip()):
            return Setting(False, line.here)
    return Setting(ABSENT, at, True)


def _tls(spec: Field, operator: Operator, at: Location) -> Setting[bool] | None:
    if operator.plain is not None:
        way, value = operator.plain
        for field in _at(spec, way):
            if field.text == value:
                return Setting(False, field.here)
        return Setting(ABSENT, at, True)
    if operator.tls:
        found = next(_at(spec, operator.tls), None)
        return Setting(found is not None and found.text != "false", found.here if found is not None else at)
    return None


def _listener(found: KubernetesObject, item: Field, encrypted: bool | Unknown, kind: Field | None) -> Store:
    login, at = item["authentication"], item.block
    published = kind is not None and kind.text in _PUBLISHED
    logs_in: bool | Unknown = login["type"].exists if item.known and login.known else UNKNOWN
    name = item["name"].text
    return Store(
        at,
        product="kafka",
        authentication=Setting(logs_in, at),
        addresses=Setting(("0.0.0.0",), kind.here if kind is not None and published else at),
        port=item["port"].number(at),
        tls=Setting(encrypted, item["tls"].here if item["tls"].exists else at),
        service=f"{found.name}/{name}" if name else found.name,
        published=published,
        clustered=kind is None or kind.text in _INNER,
    )
