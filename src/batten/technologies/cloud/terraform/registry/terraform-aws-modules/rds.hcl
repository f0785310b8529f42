# https://registry.terraform.io/modules/terraform-aws-modules/rds/aws: storage is encrypted since version 4; since version 6 Secrets
# Manager has the password. Copies were kept for a day until version 2.28 (its variables.tf), and are not since.
variable "create_db_instance" { default = true }
variable "create_db_parameter_group" { default = true }
variable "engine" { default = null }
variable "engine_version" { default = null }
variable "storage_encrypted" { default = local.major >= 4 }
variable "publicly_accessible" { default = false }
variable "auto_minor_version_upgrade" { default = true }
variable "enabled_cloudwatch_logs_exports" { default = [] }
variable "password" { default = null }
variable "family" { default = null }
variable "parameters" { default = [] }
variable "snapshot_identifier" { default = null }
variable "replicate_source_db" { default = null }
variable "restore_to_point_in_time" { default = null }
variable "backup_retention_period" { default = local.major >= 3 ? null : 1 }
variable "deletion_protection" { default = false }
variable "iam_database_authentication_enabled" { default = false }

resource "aws_db_instance" "this" {
  count                               = var.create_db_instance ? 1 : 0
  engine                              = var.engine
  engine_version                      = var.engine_version
  storage_encrypted                   = var.storage_encrypted
  publicly_accessible                 = var.publicly_accessible
  auto_minor_version_upgrade          = var.auto_minor_version_upgrade
  enabled_cloudwatch_logs_exports     = var.enabled_cloudwatch_logs_exports
  password                            = var.password
  snapshot_identifier                 = var.snapshot_identifier
  replicate_source_db                 = var.replicate_source_db
  restore_to_point_in_time            = var.restore_to_point_in_time
  backup_retention_period             = var.backup_retention_period
  deletion_protection                 = var.deletion_protection
  iam_database_authentication_enabled = var.iam_database_authentication_enabled
}

resource "aws_db_parameter_group" "this" {
  count     = var.create_db_parameter_group && var.family != null ? 1 : 0
  family    = var.family
  parameter = var.parameters
}
