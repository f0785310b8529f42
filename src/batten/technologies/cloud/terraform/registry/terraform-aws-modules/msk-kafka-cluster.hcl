# https://registry.terraform.io/modules/terraform-aws-modules/msk-kafka-cluster/aws
variable "create" { default = true }
variable "client_authentication" { default = {} }
variable "encryption_in_transit_client_broker" { default = null }
variable "encryption_in_transit_in_cluster" { default = null }
variable "broker_node_connectivity_info" { default = {} }
variable "cloudwatch_logs_enabled" { default = false }
variable "s3_logs_enabled" { default = false }
variable "firehose_logs_enabled" { default = false }

resource "aws_msk_cluster" "this" {
  count                 = var.create ? 1 : 0
  client_authentication = var.client_authentication
  broker_node_group_info {
    connectivity_info = var.broker_node_connectivity_info
  }
  encryption_info {
    encryption_in_transit {
      client_broker = var.encryption_in_transit_client_broker
      in_cluster    = var.encryption_in_transit_in_cluster
    }
  }
  logging_info {
    broker_logs {
      cloudwatch_logs {
        enabled = var.cloudwatch_logs_enabled
      }
      s3 {
        enabled = var.s3_logs_enabled ? true : null
      }
      firehose {
        enabled = var.firehose_logs_enabled ? true : null
      }
    }
  }
}
