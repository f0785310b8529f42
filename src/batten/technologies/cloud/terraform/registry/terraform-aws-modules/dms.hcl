# https://registry.terraform.io/modules/terraform-aws-modules/dms/aws
variable "create" { default = true }
variable "create_repl_instance" { default = true }
variable "repl_instance_publicly_accessible" { default = null }
variable "repl_instance_auto_minor_version_upgrade" { default = local.major >= 2 ? true : null }
variable "endpoints" { default = {} }

resource "aws_dms_replication_instance" "this" {
  count                      = var.create && var.create_repl_instance ? 1 : 0
  publicly_accessible        = var.repl_instance_publicly_accessible
  auto_minor_version_upgrade = var.repl_instance_auto_minor_version_upgrade
}

resource "aws_dms_endpoint" "this" {
  for_each    = var.endpoints
  engine_name = try(var.endpoints[each.key].engine_name, null)
  ssl_mode    = try(var.endpoints[each.key].ssl_mode, null)
  password    = try(var.endpoints[each.key].password, null)
}
