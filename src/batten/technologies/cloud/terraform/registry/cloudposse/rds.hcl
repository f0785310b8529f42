# https://registry.terraform.io/modules/cloudposse/rds/aws
variable "enabled" { default = true }
variable "publicly_accessible" { default = false }
variable "storage_encrypted" { default = true }
variable "auto_minor_version_upgrade" { default = true }
variable "enabled_cloudwatch_logs_exports" { default = [] }
variable "database_password" { default = null }
variable "database_port" { default = 5432 }
variable "engine" { default = null }
variable "engine_version" { default = null }
variable "db_parameter_group" { default = null }
variable "db_parameter" { default = [] }
variable "allowed_cidr_blocks" { default = [] }
variable "ca_cert_identifier" { default = null }
variable "snapshot_identifier" { default = null }
variable "replicate_source_db" { default = null }
variable "parameter_group_name" { default = "" }
variable "backup_retention_period" { default = 0 }
variable "deletion_protection" { default = false }
variable "iam_database_authentication_enabled" { default = false }

resource "aws_db_instance" "default" {
  count                               = var.enabled == false ? 0 : 1
  publicly_accessible                 = var.publicly_accessible
  storage_encrypted                   = var.storage_encrypted
  auto_minor_version_upgrade          = var.auto_minor_version_upgrade
  enabled_cloudwatch_logs_exports     = var.enabled_cloudwatch_logs_exports
  password                            = var.database_password
  engine                              = var.engine
  engine_version                      = var.engine_version
  ca_cert_identifier                  = var.ca_cert_identifier
  snapshot_identifier                 = var.snapshot_identifier
  replicate_source_db                 = var.replicate_source_db
  backup_retention_period             = var.backup_retention_period
  deletion_protection                 = var.deletion_protection
  iam_database_authentication_enabled = var.iam_database_authentication_enabled
}

resource "aws_db_parameter_group" "default" {
  count     = var.parameter_group_name == "" && var.enabled != false ? 1 : 0
  family    = var.db_parameter_group
  parameter = var.db_parameter
}

resource "aws_security_group_rule" "ingress_cidr_blocks" {
  count       = length(var.allowed_cidr_blocks) > 0 ? 1 : 0
  type        = "ingress"
  protocol    = "tcp"
  from_port   = var.database_port
  to_port     = var.database_port
  cidr_blocks = var.allowed_cidr_blocks
}
