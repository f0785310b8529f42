# https://registry.terraform.io/modules/terraform-aws-modules/rds-aurora/aws
variable "create" { default = true }
variable "engine" { default = null }
variable "engine_version" { default = null }
variable "storage_encrypted" { default = true }
variable "publicly_accessible" { default = null }
variable "auto_minor_version_upgrade" { default = null }
variable "enabled_cloudwatch_logs_exports" { default = [] }
variable "master_password" { default = null }
variable "instances" { default = {} }
variable "security_group_rules" { default = {} }
variable "security_group_ingress_rules" { default = {} }
variable "deletion_protection" { default = null }
variable "iam_database_authentication_enabled" { default = null }

resource "aws_rds_cluster" "this" {
  count                               = var.create ? 1 : 0
  engine                              = var.engine
  engine_version                      = var.engine_version
  storage_encrypted                   = var.storage_encrypted
  enabled_cloudwatch_logs_exports     = var.enabled_cloudwatch_logs_exports
  master_password                     = var.master_password
  deletion_protection                 = var.deletion_protection
  iam_database_authentication_enabled = var.iam_database_authentication_enabled
}

resource "aws_rds_cluster_instance" "all" {
  count                      = var.create && var.publicly_accessible != null ? 1 : 0
  publicly_accessible        = var.publicly_accessible
  auto_minor_version_upgrade = var.auto_minor_version_upgrade
}

resource "aws_rds_cluster_instance" "this" {
  for_each                   = var.instances
  publicly_accessible        = try(var.instances[each.key].publicly_accessible, false)
  auto_minor_version_upgrade = try(var.instances[each.key].auto_minor_version_upgrade, null)
}

resource "aws_security_group_rule" "this" {
  for_each    = { for key, rule in var.security_group_rules : key => rule if try(rule.type, "ingress") == "ingress" }
  type        = "ingress"
  protocol    = try(var.security_group_rules[each.key].protocol, "tcp")
  from_port   = try(var.security_group_rules[each.key].from_port, strcontains(var.engine, "postgres") ? 5432 : 3306)
  to_port     = try(var.security_group_rules[each.key].to_port, strcontains(var.engine, "postgres") ? 5432 : 3306)
  cidr_blocks = try(var.security_group_rules[each.key].cidr_blocks, null)
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each    = var.security_group_ingress_rules
  ip_protocol = try(var.security_group_ingress_rules[each.key].ip_protocol, "tcp")
  from_port   = try(var.security_group_ingress_rules[each.key].from_port, strcontains(var.engine, "postgres") ? 5432 : 3306)
  to_port     = try(var.security_group_ingress_rules[each.key].to_port, var.security_group_ingress_rules[each.key].from_port, strcontains(var.engine, "postgres") ? 5432 : 3306)
  cidr_ipv4   = try(var.security_group_ingress_rules[each.key].cidr_ipv4, null)
  cidr_ipv6   = try(var.security_group_ingress_rules[each.key].cidr_ipv6, null)
}
