"""Pipelines of other services than GitHub's and GitLab's."""

from __future__ import annotations

from batten.technologies.shared.unread.row import Row

PIPELINES = (
    # https://www.jenkins.io/doc/book/pipeline/jenkinsfile/
    Row("Jenkins pipeline", "Jenkinsfile *.jenkinsfile *.Jenkinsfile"),
    # https://plugins.jenkins.io/configuration-as-code/
    Row("Jenkins settings", "jenkins.yaml jenkins.yml casc*.yaml", r"^jenkins[ \t]*:"),
    # https://circleci.com/docs/configuration-reference/
    Row("CircleCI pipeline", ".circleci/config.yml .circleci/config.yaml"),
    # https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/
    Row("Azure pipeline", "azure-pipelines*.yml azure-pipelines*.yaml .azure-pipelines/*.yml .azure-pipelines/*.yaml"),
    # https://support.atlassian.com/bitbucket-cloud/docs/bitbucket-pipelines-configuration-reference/
    Row("Bitbucket pipeline", "bitbucket-pipelines.yml"),
    # https://docs.travis-ci.com, https://docs.drone.io, https://buildkite.com/docs, https://woodpecker-ci.org/docs
    Row("Travis CI pipeline", ".travis.yml"),
    Row("Drone pipeline", ".drone.yml"),
    Row("Woodpecker pipeline", ".woodpecker.yml .woodpecker.yaml .woodpecker/*.yml .woodpecker/*.yaml"),
    Row("Buildkite pipeline", ".buildkite/pipeline.yml .buildkite/*.yml .buildkite/*.yaml"),
    Row("AppVeyor pipeline", "appveyor.yml .appveyor.yml"),
    Row("TeamCity pipeline", ".teamcity/settings.kts"),
    Row("GoCD pipeline", "*.gocd.yaml"),
    Row("Concourse pipeline", "pipeline.yml concourse*.yml ci/*.yml", r"^[ \t]*-[ \t]+get[ \t]*:"),
    # https://docs.aws.amazon.com/codebuild/, https://cloud.google.com/build/docs/
    Row("AWS CodeBuild pipeline", "buildspec.yml buildspec.yaml buildspec*.yml"),
    Row("Google Cloud Build pipeline", "cloudbuild.yaml cloudbuild.yml cloudbuild.json cloudbuild*.yaml"),
    Row("Tekton pipeline", "*.yaml *.yml", r"^apiVersion:[ \t]*[\"']?(?:[\w-]+\.)*tekton\.dev/", has="tekton.dev"),
    Row("Argo workflow", "*.yaml *.yml", r"^kind:[ \t]*[\"']?(?:Cron)?Workflow(?:Template)?[\"']?[ \t]*\r?$", has="argoproj.io"),
    # https://github.com/in-toto/attestation/blob/main/spec/predicates/cyclonedx.md, .../spdx.md: the bill is their predicate
    Row(
        "bill of materials in an attestation",
        "bom.json *.bom.json *sbom*.json *.cdx.json *.spdx.json",
        r"\"predicateType\"[ \t]*:[ \t]*\"https://(?:cyclonedx|spdx)\.|\"payloadType\"[ \t]*:[ \t]*\"application/vnd\.in-toto",
    ),
)  # fmt: skip
