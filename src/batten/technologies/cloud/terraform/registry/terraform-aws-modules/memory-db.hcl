# https://registry.terraform.io/modules/terraform-aws-modules/memory-db/aws
variable "create" { default = true }
variable "tls_enabled" { default = null }
variable "create_acl" { default = true }
variable "acl_name" { default = null }
variable "auto_minor_version_upgrade" { default = null }

resource "aws_memorydb_cluster" "this" {
  count                      = var.create ? 1 : 0
  tls_enabled                = var.tls_enabled
  acl_name                   = var.create_acl ? null : var.acl_name
  auto_minor_version_upgrade = var.auto_minor_version_upgrade
}
