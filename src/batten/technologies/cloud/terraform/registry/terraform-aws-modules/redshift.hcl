# https://registry.terraform.io/modules/terraform-aws-modules/redshift/aws: encrypted since version 4.
variable "create" { default = true }
variable "encrypted" { default = local.major >= 4 }
variable "publicly_accessible" { default = false }
variable "allow_version_upgrade" { default = null }
variable "master_password" { default = null }
variable "logging" { default = {} }
variable "enable_logging" { default = false }
variable "create_parameter_group" { default = true }
variable "parameter_group_family" { default = local.major >= 7 ? "redshift-2.0" : "redshift-1.0" }
variable "parameter_group_parameters" { default = {} }
variable "require_ssl" { default = null }
variable "enhanced_vpc_routing" { default = null }

resource "aws_redshift_cluster" "this" {
  count                 = var.create ? 1 : 0
  encrypted             = var.encrypted
  publicly_accessible   = var.publicly_accessible
  allow_version_upgrade = var.allow_version_upgrade
  master_password       = var.master_password
  enhanced_vpc_routing  = var.enhanced_vpc_routing
}

resource "aws_redshift_logging" "this" {
  count = var.logging == null ? 0 : var.enable_logging || length(keys(var.logging)) > 0 ? 1 : 0
}

resource "aws_redshift_parameter_group" "this" {
  count  = var.create && var.create_parameter_group && var.require_ssl == null ? 1 : 0
  family = var.parameter_group_family
  dynamic "parameter" {
    for_each = var.parameter_group_parameters
    content {
      name  = try(var.parameter_group_parameters[parameter.key].name, parameter.key)
      value = var.parameter_group_parameters[parameter.key].value
    }
  }
}
