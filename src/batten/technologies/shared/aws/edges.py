"""Load balancers and CloudFront: what they speak to clients and to what stands behind them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from batten.facts import AccessLog, ApiLog, Fact, Feature, Listener, Upstream
from batten.model import ABSENT, UNKNOWN, Location, Setting, Switch, Unknown
from batten.technologies.shared.aws import classic
from batten.technologies.shared.aws.gateways import firewall_before, tls_listener
from batten.technologies.shared.aws.resource import Resource, Resources, Value
from batten.technologies.shared.aws.settings import number, of, path, setting, text, truth, words, written
from batten.technologies.shared.aws.tls_policies import TLS, versions

_ASSETS = re.compile(r"\.(?:avif|css|gif|ico|jpe?g|js|png|svg|ttf|webp|woff2?)$|/?(?:assets|fonts|images|img|media|static)/",
                     re.IGNORECASE)  # fmt: skip


def facts(resources: Resources) -> Iterator[Fact]:
    for listener in resources.of(
        "aws_lb_listener", "aws_alb_listener", "AWS::ElasticLoadBalancingV2::Listener"
    ):
        yield from _listener(listener, resources)
    for balancer in resources.of("aws_lb", "aws_alb", "AWS::ElasticLoadBalancingV2::LoadBalancer"):
        yield from _balancer(balancer, resources)
    yield from classic.facts(resources)
    for balancer in resources.of("aws_elb"):
        yield from _desync(balancer, balancer.block())
    # Search domains; what is not written has been changed by AWS over time.
    types = ("aws_opensearch_domain", "aws_elasticsearch_domain", "AWS::OpenSearchService::Domain")
    for domain in resources.of(*types, "AWS::Elasticsearch::Domain"):
        key = of(
            domain, "domain_endpoint_options/tls_security_policy", "DomainEndpointOptions/TLSSecurityPolicy"
        )
        policy = setting(domain, key, text)
        if policy.is_known:
            yield tls_listener(domain.block(), versions(policy))
    for distribution in resources.of("aws_cloudfront_distribution", "AWS::CloudFront::Distribution"):
        outer = of(distribution, "", "DistributionConfig/")
        on = setting(distribution, outer + of(distribution, "enabled", "Enabled"), truth, True)
        if on.known(True) is not False:
            yield from _behaviours(distribution, outer)
            # A certificate of one's own comes with TLS 1.0 unless a newer floor is written; CloudFront's always does,
            # whatever floor is written (CloudFront API reference, ViewerCertificate, MinimumProtocolVersion).
            held = outer + of(distribution, "viewer_certificate", "ViewerCertificate")
            keys = of(distribution, "cloudfront_default_certificate minimum_protocol_version",
                      "CloudFrontDefaultCertificate MinimumProtocolVersion").split()  # fmt: skip
            standard = setting(distribution, f"{held}/{keys[0]}", truth, False)
            floor = setting(distribution, f"{held}/{keys[1]}", text, "TLSv1")
            inner = next(distribution.each(*path(held)), None)
            own = inner is not None or written(distribution, held, outer + "Aliases")
            unsaid = distribution.language == "cloudformation" and not own and distribution.whole(*path(held))
            if standard.known(False) or unsaid:
                always: Setting[tuple[str, ...]] = Setting(ABSENT if unsaid else TLS, standard.at, TLS)
                yield replace(tls_listener(distribution.block(), always), imposed=True)
            elif standard.known(True) is False and (inner is not None or written(distribution, held)):
                yield tls_listener(distribution.block(), versions(floor))
            yield from _origins(distribution, outer)
            at = distribution.block()
            log = outer + of(distribution, "logging_config", "Logging")
            newer = any(
                True for _ in resources.of("aws_cloudwatch_log_delivery_source", "AWS::Logs::DeliverySource")
            )
            there = next(distribution.each(*path(log)), None) is not None or written(distribution, log)
            if not there and distribution.whole(*path(log)) and not newer and resources.complete:
                yield AccessLog(at, Setting(ABSENT, at, False), Setting(UNKNOWN, at))
            firewall = outer + of(distribution, "web_acl_id", "WebACLId")
            if not written(distribution, firewall):
                # Whether an origin is a server: files in a bucket have nothing that a filter would protect.
                origins = distribution.each(*path(outer + of(distribution, "origin", "Origins")))
                watched_key = of(distribution, "custom_origin_config/origin_protocol_policy",
                         "CustomOriginConfig/OriginProtocolPolicy")  # fmt: skip
                if any(written(origin, watched_key) for origin in origins):
                    yield ApiLog(
                        at, what="distribution", name=distribution.name, firewall=Setting(ABSENT, at, False)
                    )


def _listener(listener: Resource, resources: Resources) -> Iterator[Listener]:
    # The provider's default is that of application load balancers; all others need a protocol, or have no port.
    default = "HTTP" if listener.language == "terraform" and written(listener, "port") else UNKNOWN
    protocol = setting(listener, of(listener, "protocol", "Protocol"), text, default).known("?").upper()
    balancer = resources.get(listener.refers_to(of(listener, "load_balancer_arn", "LoadBalancerArn")))
    at = listener.block()
    if protocol in ("HTTPS", "TLS"):
        policy = setting(listener, of(listener, "ssl_policy", "SslPolicy"), text, "ELBSecurityPolicy-2016-08")
        yield tls_listener(at, versions(policy))
    elif protocol == "HTTP" and not _internal(balancer):
        port = setting(listener, of(listener, "port", "Port"), number, UNKNOWN)
        shown = Setting(False, at)
        yield Listener(
            at, address=Setting(UNKNOWN, at), port=port, tls=shown, redirects_to_tls=_redirects(listener)
        )


def _internal(balancer: Resource | None) -> bool:
    """Whether only its own network reaches it; what is not known may be so."""
    if balancer is None:
        return False
    if balancer.language == "cloudformation":
        return setting(balancer, "Scheme", text, "internet-facing").known("internal") == "internal"
    return setting(balancer, "internal", truth, False).known(True)


def _redirects(listener: Resource) -> Setting[bool]:
    """Whether every request is redirected to HTTPS, or refused, by the default action."""
    key = of(listener, "default_action", "DefaultActions")
    actions = list(listener.each(key))
    if not actions or not listener.whole(key):
        return Setting(UNKNOWN, listener.block())
    last = actions[-1]
    kind = setting(last, of(last, "type", "Type"), text)
    if isinstance(kind.value, Unknown):
        return Setting(UNKNOWN, kind.at)
    to = setting(last, of(last, "redirect/protocol", "RedirectConfig/Protocol"), text, "#{protocol}")
    redirects = kind.known("") == "redirect" and to.known("HTTPS").upper() == "HTTPS"
    return Setting(redirects or kind.known("") == "fixed-response", kind.at)


def _switch(balancer: Resource, key: str, name: str) -> Setting[Value]:
    if balancer.language == "terraform":
        return balancer.value(*path(key))
    # A load balancer's attribute: CloudFormation lists them as keys and values.
    key = "LoadBalancerAttributes"
    for held in balancer.each(key):
        if held.value("Key").value == name:
            return held.value("Value")
    at = balancer.block()
    return Setting(ABSENT, at) if balancer.whole(key) else Setting(UNKNOWN, at)


def _balancer(balancer: Resource, resources: Resources) -> Iterator[Fact]:
    at = balancer.block()
    kind = setting(balancer, of(balancer, "load_balancer_type", "Type"), text, "application").known("?")
    if kind == "application":
        drops = _switch(
            balancer, "drop_invalid_header_fields", "routing.http.drop_invalid_header_fields.enabled"
        )
        state: Setting[bool]
        if drops.value is ABSENT:
            state = Setting(ABSENT, drops.at, True)
        else:
            on = truth(drops.value) if not isinstance(drops.value, Unknown) else UNKNOWN
            state = Setting(on if isinstance(on, Unknown) else not on, drops.at)
        yield Feature(
            at,
            Switch.INVALID_HEADERS,
            state,
            f"load balancer '{balancer.name}' forwards invalid header names",
        )
        yield from _desync(balancer, at)
        if not _internal(balancer):
            yield ApiLog(
                at, what="load balancer", name=balancer.name, firewall=firewall_before(balancer, resources)
            )
    if kind in ("application", "network"):
        # A network balancer logs TLS connections only, so its log is no matter of course.
        logged_on = _switch(balancer, "access_logs/enabled", "access_logs.s3.enabled")
        if logged_on.value is ABSENT:
            sure = kind == "application" and balancer.whole("access_logs")
            access: Setting[bool] = Setting(ABSENT, logged_on.at, False if sure else UNKNOWN)
        else:
            access = Setting(
                UNKNOWN if isinstance(logged_on.value, Unknown) else truth(logged_on.value), logged_on.at
            )
        yield AccessLog(at, access, Setting(UNKNOWN, at))


def _desync(balancer: Resource, at: Location) -> Iterator[Feature]:
    mode = _switch(balancer, "desync_mitigation_mode", "routing.http.desync_mitigation_mode")
    if mode.value == "monitor":
        what = f"load balancer '{balancer.name}' only monitors ambiguous requests, and forwards them"
        yield Feature(at, Switch.INVALID_HEADERS, Setting(True, mode.at), what)


def _behaviours(distribution: Resource, outer: str) -> Iterator[Listener]:
    first = of(distribution, "default_cache_behavior", "DefaultCacheBehavior")
    others = of(distribution, "ordered_cache_behavior", "CacheBehaviors")
    key = of(distribution, "viewer_protocol_policy", "ViewerProtocolPolicy")
    policies = [(setting(distribution, f"{outer}{first}/{key}", text), "")]
    for behaviour in distribution.each(*path(outer + others)):
        pattern = setting(behaviour, of(behaviour, "path_pattern", "PathPattern"), text).known("")
        policies.append((setting(behaviour, key, text), pattern))
    for policy, pattern in policies:
        if policy.is_known:
            yield Listener(
                policy.at,
                address=Setting(UNKNOWN, policy.at),
                port=Setting(80, policy.at),
                tls=Setting(policy.value != "allow-all", policy.at),
                assets=bool(_ASSETS.search(pattern)),
            )


def _origins(distribution: Resource, outer: str) -> Iterator[Upstream | Listener]:
    for origin in distribution.each(*path(outer + of(distribution, "origin", "Origins"))):
        key = of(
            origin, "custom_origin_config/origin_protocol_policy", "CustomOriginConfig/OriginProtocolPolicy"
        )
        protocol = setting(origin, key, text)
        target = setting(origin, of(origin, "domain_name", "DomainName"), text)
        host = target.known("") or origin.refers_to(of(origin, "domain_name", "DomainName"))
        old = setting(
            origin,
            of(origin, "custom_origin_config/origin_ssl_protocols", "CustomOriginConfig/OriginSSLProtocols"),
            words,
        )
        if old.is_known and protocol.known("") != "http-only":
            yield tls_listener(origin.block(), old)  # what CloudFront itself offers to the origin
        if protocol.is_known and "s3-website" not in host and "aws_s3" not in host:
            yield Upstream(
                origin.block(),
                target=Setting(target.value, protocol.at),
                host=host,
                encrypted=Setting(
                    protocol.value == "https-only"
                    or (protocol.value == "match-viewer" and not _plain(distribution, outer, origin)),
                    protocol.at,
                ),
                switch=Switch.ENCRYPTED_UPSTREAM,
            )


def _plain(distribution: Resource, outer: str, origin: Resource) -> bool:
    """Whether plain requests of clients go to the origin as they come: a behaviour that leads to it accepts them, or none is
    written that could refuse them."""
    name = of(origin, "origin_id", "Id")
    held = setting(origin, name, text)
    # The behaviours that lead to an origin, as far as their targets say; the default one where it says none.
    to_origin = held.known("")
    to_key = of(distribution, "target_origin_id", "TargetOriginId")
    first = of(distribution, "default_cache_behavior", "DefaultCacheBehavior")
    others = of(distribution, "ordered_cache_behavior", "CacheBehaviors")
    found = [*distribution.each(*path(outer + first)), *distribution.each(*path(outer + others))]
    named = [b for b in found if setting(b, to_key, text).known("") == to_origin]
    behaviours = named or found[:1]
    if not behaviours:
        keys = of(distribution, "default_cache_behavior", "DefaultCacheBehavior")
        return distribution.whole(*path(outer + keys)) and not written(distribution, outer + keys)
    key = of(distribution, "viewer_protocol_policy", "ViewerProtocolPolicy")
    return any(setting(behaviour, key, text).known("") == "allow-all" for behaviour in behaviours)
