# https://registry.terraform.io/modules/cloudposse/elasticache-redis/aws
variable "enabled" { default = true }
variable "engine" { default = "redis" }
variable "at_rest_encryption_enabled" { default = false }
variable "transit_encryption_enabled" { default = true }
variable "auth_token" { default = null }
variable "user_group_ids" { default = null }
variable "auto_minor_version_upgrade" { default = null }

resource "aws_elasticache_replication_group" "default" {
  count                      = var.enabled == false ? 0 : 1
  engine                     = var.engine
  at_rest_encryption_enabled = var.at_rest_encryption_enabled
  transit_encryption_enabled = var.transit_encryption_enabled
  auth_token                 = var.auth_token
  user_group_ids             = var.user_group_ids
  auto_minor_version_upgrade = var.auto_minor_version_upgrade
}
