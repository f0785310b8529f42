"""Pipelines of other services than GitHub's and GitLab's."""

from __future__ import annotations

from batten.technologies.shared.unread.kind import UnreadKind

PIPELINES = (
    # https://www.jenkins.io/doc/book/pipeline/jenkinsfile/
    UnreadKind("Jenkins pipeline", "Jenkinsfile *.jenkinsfile *.Jenkinsfile"),
    # https://plugins.jenkins.io/configuration-as-code/
    UnreadKind("Jenkins settings", "jenkins.yaml jenkins.yml casc*.yaml", r"^jenkins[ \t]*:"),
    # https://circleci.com/docs/configuration-reference/
    UnreadKind("CircleCI pipeline", ".circleci/config.yml .circleci/config.yaml"),
    # https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/
    UnreadKind("Azure pipeline", "azure-pipelines*.yml azure-pipelines*.yaml .azure-pipelines/*.yml .azure-pipelines/*.yaml"),
    # https://support.atlassian.com/bitbucket-cloud/docs/bitbucket-pipelines-configuration-reference/
    UnreadKind("Bitbucket pipeline", "bitbucket-pipelines.yml"),
    # https://docs.travis-ci.com, https://docs.drone.io, https://buildkite.com/docs, https://woodpecker-ci.org/docs
    UnreadKind("Travis CI pipeline", ".travis.yml"),
    UnreadKind("Drone pipeline", ".drone.yml"),
    UnreadKind("Woodpecker pipeline", ".woodpecker.yml .woodpecker.yaml .woodpecker/*.yml .woodpecker/*.yaml"),
    UnreadKind("Buildkite pipeline", ".buildkite/pipeline.yml .buildkite/*.yml .buildkite/*.yaml"),
    UnreadKind("AppVeyor pipeline", "appveyor.yml .appveyor.yml"),
    UnreadKind("TeamCity pipeline", ".teamcity/settings.kts"),
    UnreadKind("GoCD pipeline", "*.gocd.yaml"),
    UnreadKind("Concourse pipeline", "pipeline.yml concourse*.yml ci/*.yml", r"^[ \t]*-[ \t]+get[ \t]*:"),
    # https://docs.aws.amazon.com/codebuild/, https://cloud.google.com/build/docs/
    UnreadKind("AWS CodeBuild pipeline", "buildspec.yml buildspec.yaml buildspec*.yml"),
    UnreadKind("Google Cloud Build pipeline", "cloudbuild.yaml cloudbuild.yml cloudbuild.json cloudbuild*.yaml"),
    UnreadKind("Tekton pipeline", "*.yaml *.yml", r"^apiVersion:[ \t]*[\"']?(?:[\w-]+\.)*tekton\.dev/", has="tekton.dev"),
    UnreadKind("Argo workflow", "*.yaml *.yml", r"^kind:[ \t]*[\"']?(?:Cron)?Workflow(?:Template)?[\"']?[ \t]*\r?$", has="argoproj.io"),
    # https://github.com/in-toto/attestation/blob/main/spec/predicates/cyclonedx.md, .../spdx.md: the bill is their predicate
    UnreadKind(
        "bill of materials in an attestation",
        "bom.json *.bom.json *sbom*.json *.cdx.json *.spdx.json",
        r"\"predicateType\"[ \t]*:[ \t]*\"https://(?:cyclonedx|spdx)\.|\"payloadType\"[ \t]*:[ \t]*\"application/vnd\.in-toto",
    ),
)  # fmt: skip
