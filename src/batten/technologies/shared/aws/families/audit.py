"""What services write down, where one key turns it on. `right` is "" where a place for the log must be named, too."""

from __future__ import annotations

from batten.model import UNKNOWN
from batten.technologies.shared.aws.key import CUSTOM, AwsKey

_ANY: tuple[str, ...] = ()


def _exported(what: str, types: tuple[str, str], keys: tuple[str, str]) -> AwsKey:
    # An instance of a cluster has the logs of its cluster (CloudFormation reference, AWS::RDS::DBInstance).
    return AwsKey(
        "audit", f"{what}: it exports no logs", types, keys, False, "", _ANY, unless=("DBClusterIdentifier",) if "Instance" in types[1] else (),
        apart=CUSTOM,
    )  # fmt: skip


_EXPORTS = ("enabled_cloudwatch_logs_exports", "EnableCloudwatchLogsExports")
_AIRFLOW = ("aws_mwaa_environment", "AWS::MWAA::Environment")


def _airflow(what: str, block: str, property_: str) -> AwsKey:
    keys = (f"logging_configuration/{block}/enabled", f"LoggingConfiguration/{property_}/Enabled")
    return AwsKey("audit", f"what Airflow's {what} does: its log is off", _AIRFLOW, keys, False)


ROWS = (
    _exported("errors and connections of the RDS instance", ("aws_db_instance", "AWS::RDS::DBInstance"),
              ("enabled_cloudwatch_logs_exports", "EnableCloudwatchLogsExports")),
    _exported("errors and connections of the Aurora cluster", ("aws_rds_cluster", "AWS::RDS::DBCluster"), _EXPORTS),
    _exported("use of the DocumentDB cluster", ("aws_docdb_cluster", "AWS::DocDB::DBCluster"), _EXPORTS),
    _exported("use of the Neptune cluster", ("aws_neptune_cluster", "AWS::Neptune::DBCluster"),
              ("enable_cloudwatch_logs_exports", "EnableCloudwatchLogsExports")),
    AwsKey("audit", "connections and users of the Redshift cluster: its log is off", ("aws_redshift_cluster", ""),
        ("logging/enable", ""), False, "", settled=("aws_redshift_logging",)),
    AwsKey("audit", "use of the MSK cluster: its brokers keep no log", ("aws_msk_cluster", "AWS::MSK::Cluster"),
        ("logging_info/broker_logs/cloudwatch_logs/enabled", "LoggingInfo/BrokerLogs/CloudWatchLogs/Enabled"), False, "",
        beside=("logging_info/broker_logs/s3/enabled", "logging_info/broker_logs/firehose/enabled",
                "LoggingInfo/BrokerLogs/S3/Enabled", "LoggingInfo/BrokerLogs/Firehose/Enabled")),
    AwsKey("audit", "use of the search domain: it publishes no log",
        ("aws_opensearch_domain", "AWS::OpenSearchService::Domain"),
        ("log_publishing_options/log_type", "LogPublishingOptions"), False, "", _ANY),
    AwsKey("audit", "use of the search domain: it publishes no log",
        ("aws_elasticsearch_domain", "AWS::Elasticsearch::Domain"),
        ("log_publishing_options/log_type", "LogPublishingOptions"), False, "", _ANY),
    AwsKey("audit", "requests that the firewall sees: it keeps no log", ("aws_waf_web_acl", ""),
        ("logging_configuration/log_destination", ""), False, "", _ANY),
    AwsKey("audit", "requests that the firewall sees: it keeps no log", ("aws_wafregional_web_acl", ""),
        ("logging_configuration/log_destination", ""), False, "", _ANY),
    AwsKey("audit", "what builds do: their log is off", ("aws_codebuild_project", "AWS::CodeBuild::Project"),
        ("logs_config/cloudwatch_logs/status", "LogsConfig/CloudWatchLogs/Status"), True, "ENABLED", ("ENABLED",)),
    AwsKey("audit", "runs of the state machine: its log is off",
        ("aws_sfn_state_machine", "AWS::StepFunctions::StateMachine"),
        ("logging_configuration/level", "LoggingConfiguration/Level"), False, "", ("ALL", "ERROR", "FATAL")),
    AwsKey("audit", "commands that people run in containers (ECS Exec)", ("aws_ecs_cluster", "AWS::ECS::Cluster"),
        ("configuration/execute_command_configuration/logging", "Configuration/ExecuteCommandConfiguration/Logging"),
        UNKNOWN, "DEFAULT", ("DEFAULT", "OVERRIDE")),
    AwsKey("audit", "connections through the accelerator: its flow log is off", ("aws_globalaccelerator_accelerator", ""),
        ("attributes/flow_logs_enabled", ""), False, ""),
    # Audit logs are ActiveMQ's alone (Amazon MQ developer guide, "Configuring ActiveMQ logs").
    AwsKey("audit", "administration of the broker: its audit log is off", ("aws_mq_broker", "AWS::AmazonMQ::Broker"),
        ("logs/audit", "Logs/Audit"), False, only=("engine_type", "EngineType", ("activemq",))),
    AwsKey("audit", "what the pipeline does: its log is off", ("aws_osis_pipeline", "AWS::OSIS::Pipeline"),
        ("log_publishing_options/is_logging_enabled", "LogPublishingOptions/IsLoggingEnabled"), False, ""),
    _airflow("web server", "webserver_logs", "WebserverLogs"),
    _airflow("scheduler", "scheduler_logs", "SchedulerLogs"),
    _airflow("worker", "worker_logs", "WorkerLogs"),
    AwsKey("audit", "changes of some kinds of resources: the AWS Config recorder leaves them out",
        ("aws_config_configuration_recorder", "AWS::Config::ConfigurationRecorder"),
        ("recording_group/all_supported", "RecordingGroup/AllSupported"), True, "",
        beside=("recording_group/exclusion_by_resource_types", "RecordingGroup/ExclusionByResourceTypes")),
    AwsKey("audit", "changes of global resources such as users: the AWS Config recorder leaves them out",
        ("aws_config_configuration_recorder", "AWS::Config::ConfigurationRecorder"),
        ("recording_group/include_global_resource_types", "RecordingGroup/IncludeGlobalResourceTypes"), UNKNOWN),
    # A source names its regions or takes all of them (provider documentation, aws_config_configuration_aggregator), so
    # writing the one takes removing the other.
    AwsKey("audit", "changes in other regions: the aggregator leaves them out",
        ("aws_config_configuration_aggregator", ""), ("all_regions", ""), False, "",
        within=("account_aggregation_source", "")),
    AwsKey("audit", "changes in other regions: the aggregator leaves them out",
        ("aws_config_configuration_aggregator", ""), ("all_regions", ""), False, "",
        within=("organization_aggregation_source", "")),
    AwsKey("audit", "activity in other regions: the event data store covers one region",
        ("aws_cloudtrail_event_data_store", "AWS::CloudTrail::EventDataStore"),
        ("multi_region_enabled", "MultiRegionEnabled"), True),
    AwsKey("audit", "personal data in buckets: Macie is paused", ("aws_macie2_account", "AWS::Macie::Session"),
        ("status", "Status"), True, "ENABLED", ("ENABLED",)),
    AwsKey("audit", "transfers of files: the server keeps no log", ("aws_transfer_server", "AWS::Transfer::Server"),
        ("logging_role", "LoggingRole"), False, "", _ANY,
        beside=("structured_log_destinations", "StructuredLogDestinations")),
    AwsKey("audit", "connections to the VPN: its log is off", ("aws_ec2_client_vpn_endpoint", "AWS::EC2::ClientVpnEndpoint"),
        ("connection_log_options/enabled", "ConnectionLogOptions/Enabled"), UNKNOWN, ""),
    AwsKey("audit", "what API Gateway's methods do: their log is off", ("aws_api_gateway_method_settings", ""),
        ("settings/logging_level", ""), UNKNOWN, "ERROR", ("ERROR", "INFO")),
    AwsKey("audit", "what people do in sessions of machines (Session Manager)", ("aws_ssm_document", "AWS::SSM::Document"),
        ("content/inputs/s3BucketName", "Content/inputs/s3BucketName"), False, "", _ANY,
        beside=("content/inputs/cloudWatchLogGroupName", "Content/inputs/cloudWatchLogGroupName"),
        only=("document_type", "DocumentType", ("session",))),
    AwsKey("audit", "queries of the Athena workgroup: their metrics are off",
        ("aws_athena_workgroup", "AWS::Athena::WorkGroup"),
        ("configuration/publish_cloudwatch_metrics_enabled", "WorkGroupConfiguration/PublishCloudWatchMetricsEnabled"),
        True),
)  # fmt: skip
