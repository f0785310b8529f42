# https://registry.terraform.io/modules/terraform-aws-modules/elasticache/aws
variable "create" { default = true }
variable "create_cluster" { default = false }
variable "create_replication_group" { default = true }
variable "engine" { default = "redis" }
variable "at_rest_encryption_enabled" { default = true }
variable "transit_encryption_enabled" { default = true }
variable "auth_token" { default = null }
variable "user_group_ids" { default = null }
variable "global_replication_group_id" { default = null }
variable "auto_minor_version_upgrade" { default = null }
variable "security_group_rules" { default = {} }

resource "aws_elasticache_replication_group" "this" {
  count                       = var.create && var.create_replication_group && !var.create_cluster ? 1 : 0
  engine                      = var.engine
  at_rest_encryption_enabled  = var.at_rest_encryption_enabled
  transit_encryption_enabled  = var.transit_encryption_enabled
  auth_token                  = var.auth_token
  user_group_ids              = var.user_group_ids
  global_replication_group_id = var.global_replication_group_id
  auto_minor_version_upgrade  = var.auto_minor_version_upgrade
}

resource "aws_elasticache_cluster" "this" {
  count                      = var.create && var.create_cluster ? 1 : 0
  engine                     = var.engine
  transit_encryption_enabled = var.transit_encryption_enabled
  auto_minor_version_upgrade = var.auto_minor_version_upgrade
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each    = { for key, rule in var.security_group_rules : key => rule if try(rule.type, "ingress") == "ingress" }
  ip_protocol = try(var.security_group_rules[each.key].ip_protocol, "tcp")
  from_port   = try(var.security_group_rules[each.key].from_port, 6379)
  to_port     = try(var.security_group_rules[each.key].to_port, 6379)
  cidr_ipv4   = try(var.security_group_rules[each.key].cidr_ipv4, null)
  cidr_ipv6   = try(var.security_group_rules[each.key].cidr_ipv6, null)
}
