# https://registry.terraform.io/modules/cloudposse/rds-cluster/aws: storage is not encrypted unless an input says so.
variable "enabled" { default = true }
variable "publicly_accessible" { default = false }
variable "storage_encrypted" { default = false }
variable "auto_minor_version_upgrade" { default = true }
variable "enabled_cloudwatch_logs_exports" { default = [] }
variable "admin_password" { default = null }
variable "engine" { default = "aurora" }
variable "engine_version" { default = null }
variable "allowed_cidr_blocks" { default = [] }
variable "db_port" { default = 3306 }
variable "deletion_protection" { default = false }
variable "iam_database_authentication_enabled" { default = false }

resource "aws_rds_cluster" "default" {
  count                               = var.enabled == false ? 0 : 1
  storage_encrypted                   = var.storage_encrypted
  enabled_cloudwatch_logs_exports     = var.enabled_cloudwatch_logs_exports
  master_password                     = var.admin_password
  engine                              = var.engine
  engine_version                      = var.engine_version
  deletion_protection                 = var.deletion_protection
  iam_database_authentication_enabled = var.iam_database_authentication_enabled
}

resource "aws_rds_cluster_instance" "default" {
  count                      = var.enabled == false ? 0 : 1
  publicly_accessible        = var.publicly_accessible
  auto_minor_version_upgrade = var.auto_minor_version_upgrade
}

resource "aws_security_group_rule" "ingress_cidr_blocks" {
  count       = length(var.allowed_cidr_blocks) > 0 ? 1 : 0
  type        = "ingress"
  protocol    = "tcp"
  from_port   = var.db_port
  to_port     = var.db_port
  cidr_blocks = var.allowed_cidr_blocks
}
