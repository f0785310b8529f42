"""Infrastructure as code that has no reader: other clouds, other languages, and resources of other providers."""

from __future__ import annotations

import re

from batten.technologies.shared.unread.kind import UnreadKind

_AWS = r"^[ \t]*(?:resource|data)[ \t]+\"aws_"
_HCL = "*.tf *.tofu"


def _provider(title: str, prefix: str) -> UnreadKind:
    """Terraform's reader looks for secrets in every resource, and knows what those of AWS mean."""
    shows = rf"^[ \t]*resource[ \t]+\"{prefix}_"
    return UnreadKind(
        f"Terraform resources of {title}",
        _HCL,
        shows,
        has=f'"{prefix}_',
        unless=_AWS,
        instead=True,
        beside=True,
    )


def _package(title: str, *names: str) -> UnreadKind:
    """Resources in a program of Pulumi that are of another package than AWS's (https://www.pulumi.com/registry/)."""
    shows = rf"^[ \t]*[\"']?type[\"']?:[ \t]*[\"']?(?:{'|'.join(names)}):"
    return UnreadKind(
        f"Pulumi resources of {title}", "Pulumi.yaml Pulumi.yml Main.yaml", shows, has="type", beside=True
    )


def _group(title: str, domain: str) -> UnreadKind:
    """Custom resources of Kubernetes, of this API group or one below it."""
    shows = rf"^[\"']?apiVersion[\"']?[ \t]*:[ \t]*[\"']?(?:[\w-]+\.)*{re.escape(domain)}/"
    return UnreadKind(title, "*.yaml *.yml", shows, has=domain, beside=True)


def _kinds(title: str, domain: str, *kinds: str) -> UnreadKind:
    """Custom resources of some kinds, of an API group whose other kinds are read."""
    shows = rf"^[\"']?kind[\"']?[ \t]*:[ \t]*[\"']?(?:{'|'.join(kinds)})\b"
    return UnreadKind(title, "*.yaml *.yml", shows, has=domain, beside=True)


CLOUDS = (
    # https://registry.terraform.io/browse/providers
    _provider("Azure", "azurerm"),
    _provider("Azure", "azuread"),
    _provider("Azure", "azapi"),
    _provider("Google Cloud", "google"),
    _provider("Alibaba Cloud", "alicloud"),
    _provider("Oracle Cloud", "oci"),
    _provider("IBM Cloud", "ibm"),
    _provider("DigitalOcean", "digitalocean"),
    _provider("Hetzner Cloud", "hcloud"),
    _provider("Scaleway", "scaleway"),
    _provider("OpenStack", "openstack"),
    _provider("Cloudflare", "cloudflare"),
    _provider("Fastly", "fastly"),
    _provider("Akamai", "akamai"),
    _provider("Kubernetes", "kubernetes"),
    _provider("Kubernetes", "kubectl"),
    _provider("Helm", "helm"),
    _provider("Docker", "docker"),
    _provider("Auth0", "auth0"),
    _provider("Okta", "okta"),
    _provider("Keycloak", "keycloak"),
    _provider("Vault", "vault"),
    _provider("MongoDB Atlas", "mongodbatlas"),
    _provider("Confluent", "confluent"),
    _provider("Heroku", "heroku"),
    UnreadKind("Terraform state", "*.tfstate"),
    # https://learn.microsoft.com/azure/azure-resource-manager/
    UnreadKind("Azure Bicep", "*.bicep"),
    UnreadKind("Azure Resource Manager template", "*.json", r"schema\.management\.azure\.com/schemas/[\w-]+/(?:\w+)?[dD]eploymentTemplate\.json", has="schema.management.azure.com"),
    # https://cloud.google.com/deployment-manager/docs/, https://cloud.google.com/appengine/docs/
    UnreadKind("Google Deployment Manager", "*.yaml *.yml", r"^[ \t-]*type:[ \t]*[\"']?(?:compute|storage|iam|container|sqladmin|cloudfunctions|deploymentmanager|gcp-types)[\w./-]*[.:/]v\d", has="type:"),
    UnreadKind("Google App Engine settings", "app.yaml app.yml", r"^runtime[ \t]*:"),
    UnreadKind("Google Endpoints or API Gateway", "*.yaml *.yml", r"^type:[ \t]*google\.api\.Service", has="google.api.Service"),
    # https://www.pulumi.com/docs/iac/concepts/projects/project-file/
    UnreadKind("Pulumi program", "Pulumi.yaml Pulumi.yml", r"^runtime[ \t]*:(?![ \t]*yaml)"),
    _package("Azure", "azure", "azure-native", "azuread"),
    _package("Google Cloud", "gcp", "google-native"),
    _package("DigitalOcean", "digitalocean"),
    _package("Kubernetes", "kubernetes"),
    _package("Cloudflare", "cloudflare"),
    UnreadKind("Pulumi stack settings", "Pulumi.*.yaml Pulumi.*.yml"),
    # https://docs.aws.amazon.com/cdk/v2/guide/projects.html
    UnreadKind("AWS CDK application", "cdk.json", r"\"app\"[ \t]*:"),
    UnreadKind("CDK for Terraform application", "cdktf.json"),
    UnreadKind("AWS Copilot manifest", "copilot/*/manifest.yml"),
    UnreadKind("AWS Elastic Beanstalk settings", ".ebextensions/*.config"),
    UnreadKind("Amazon ECS task definition", "*.json", r"\"containerDefinitions\"[ \t]*:", has="containerDefinitions"),
    # https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml
    UnreadKind("Serverless Framework service", "serverless.ts serverless.js"),
    UnreadKind("Zappa settings", "zappa_settings.json zappa_settings.yml"),
    UnreadKind("Architect application", "app.arc"),
    # https://docs.ansible.com/ansible/latest/playbook_guide/, inventory_guide
    UnreadKind("Ansible playbook", "*.yml *.yaml", r"^-[ \t]+(?:name:[^\n]{0,300}\n[ \t]+)?hosts[ \t]*:", has="hosts"),
    UnreadKind("Ansible variables", "group_vars/**/*.yml group_vars/**/*.yaml group_vars/all host_vars/**/*.yml host_vars/**/*.yaml roles/*/defaults/main.yml roles/*/vars/main.yml"),
    # https://docs.saltproject.io, https://www.puppet.com/docs, https://docs.chef.io
    UnreadKind("Salt state", "*.sls"),
    UnreadKind("Puppet manifest", "*.pp", r"^[ \t]*(?:class|node|define)[ \t]+[\w:'\"]"),
    # https://developer.hashicorp.com/nomad/docs/job-specification
    UnreadKind("Nomad job", "*.nomad *.hcl *.nomad.hcl", r"^[ \t]*job[ \t]+\"[^\"\n]+\"[ \t]*\{"),
    # https://developer.hashicorp.com/packer/docs
    UnreadKind("Packer template", "*.pkr.hcl"),
    # https://docs.crossplane.io, https://istio.io/latest/docs/reference/config/, and of other API groups
    _group("Crossplane resource", "crossplane.io"),
    _group("Crossplane resource", "upbound.io"),
    _kinds("Istio extension", "istio.io", "EnvoyFilter", "WasmPlugin", "ProxyConfig", "Sidecar", "Telemetry"),
    _kinds("Linkerd policy", "linkerd.io", "HTTPRoute", "MeshTLSAuthentication", "EgressNetwork", "ServiceProfile"),
    _group("Cilium policy", "cilium.io"),
    _group("Calico policy", "projectcalico.org"),
    _kinds("Contour settings", "projectcontour.io", "ContourConfiguration", "ContourDeployment", "TLSCertificateDelegation"),
    _group("Emissary mapping", "getambassador.io"),
    _kinds("Kong resource", "configuration.konghq.com", "KongIngress", "KongUpstreamPolicy", "KongConsumer", "TCPIngress", "UDPIngress"),
    _group("APISIX resource", "apisix.apache.org"),
    _group("Gloo gateway", "solo.io"),
    _kinds("Envoy Gateway policy", "gateway.envoyproxy.io", "BackendTrafficPolicy", "EnvoyPatchPolicy", "EnvoyExtensionPolicy", "EnvoyProxy"),
    _group("NGINX resource", "nginx.org"),
    _group("Knative event source", "eventing.knative.dev"),
    _group("Knative event source", "sources.knative.dev"),
    _kinds("Argo CD application", "argoproj.io", "Application", "ApplicationSet"),
    # https://fluxcd.io/flux/components/: its sources and image policies configure nothing that runs
    _kinds("Flux release", "toolkit.fluxcd.io", "HelmRelease", "Kustomization", "Receiver"),
    *(
        _group("OpenShift resource", f"{part}.openshift.io")
        for part in ("config", "operator", "build", "image", "machineconfiguration", "machine", "oauth", "authorization")
    ),
    _group("Azure operator resource", "azure.com"),
    _group("Google Config Connector resource", "cnrm.cloud.google.com"),
    # https://jsonnet.org, https://cuelang.org, https://cdk8s.io, https://tanka.dev, https://helmfile.readthedocs.io
    UnreadKind("packaged Helm chart", "charts/*.tgz"),
    UnreadKind("Helmfile", "helmfile.yaml helmfile.yml helmfile.yaml.gotmpl"),
    UnreadKind("cdk8s application", "cdk8s.yaml"),
    UnreadKind("Jsonnet configuration", "*.jsonnet *.libsonnet"),
    UnreadKind("CUE configuration", "*.cue", r"\bapiVersion[\"']?[ \t]*:", has="apiVersion"),
    # https://devenv.sh, https://fly.io/docs/reference/configuration/, https://docs.railway.com, https://render.com/docs
    UnreadKind("Fly.io application", "fly.toml"),
    UnreadKind("Render blueprint", "render.yaml"),
    UnreadKind("Railway settings", "railway.toml railway.json"),
    UnreadKind("Vercel settings", "vercel.json"),
    UnreadKind("Netlify settings", "netlify.toml _headers"),
    UnreadKind("Cloudflare Workers settings", "wrangler.toml wrangler.json wrangler.jsonc"),
    UnreadKind("Firebase settings", "firebase.json firestore.rules storage.rules database.rules.json"),
    UnreadKind("Supabase settings", "supabase/config.toml"),
    UnreadKind("Heroku application", "app.json", r"\"(?:buildpacks|formation|addons)\"[ \t]*:"),
    UnreadKind("Cloud Foundry manifest", "manifest.yml manifest.yaml", r"^applications[ \t]*:"),
    # https://docs.podman.io/en/latest/markdown/podman-systemd.unit.5.html
    UnreadKind("Podman Quadlet", "*.container *.pod", r"^\[(?:Container|Pod)\]"),
)  # fmt: skip
