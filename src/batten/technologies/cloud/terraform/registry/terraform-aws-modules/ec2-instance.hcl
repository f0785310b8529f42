# https://registry.terraform.io/modules/terraform-aws-modules/ec2-instance/aws: tokens are required since version 5.
variable "create" { default = true }
variable "create_spot_instance" { default = false }
variable "associate_public_ip_address" { default = null }
variable "metadata_options" { default = local.major >= 5 ? { http_tokens = "required" } : {} }
variable "root_block_device" { default = null }
variable "ebs_block_device" { default = null }
variable "user_data" { default = null }
variable "launch_template" { default = null }
variable "ebs_volumes" { default = {} }
variable "security_group_ingress_rules" { default = {} }

resource "aws_instance" "this" {
  count                       = var.create && !var.create_spot_instance ? 1 : 0
  associate_public_ip_address = var.associate_public_ip_address
  user_data                   = var.user_data
  launch_template             = try(length(keys(var.launch_template)) > 0 ? var.launch_template : null, null)
  root_block_device           = var.root_block_device
  ebs_block_device            = var.ebs_block_device
  metadata_options {
    http_endpoint = try(var.metadata_options["http_endpoint"], "enabled")
    http_tokens   = try(var.metadata_options["http_tokens"], local.major >= 6 ? "required" : "optional")
  }
}

resource "aws_spot_instance_request" "this" {
  count                       = var.create && var.create_spot_instance ? 1 : 0
  associate_public_ip_address = var.associate_public_ip_address
  root_block_device           = var.root_block_device
  ebs_block_device            = var.ebs_block_device
  metadata_options {
    http_endpoint = try(var.metadata_options["http_endpoint"], "enabled")
    http_tokens   = try(var.metadata_options["http_tokens"], local.major >= 6 ? "required" : "optional")
  }
}

resource "aws_ebs_volume" "this" {
  for_each    = { for key, volume in var.ebs_volumes : key => volume if can(tobool(volume.encrypted)) && volume.encrypted != null }
  encrypted   = var.ebs_volumes[each.key].encrypted
  snapshot_id = try(var.ebs_volumes[each.key].snapshot_id, null)
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each    = var.security_group_ingress_rules
  ip_protocol = try(var.security_group_ingress_rules[each.key].ip_protocol, "tcp")
  from_port   = try(var.security_group_ingress_rules[each.key].from_port, null)
  to_port     = try(var.security_group_ingress_rules[each.key].to_port, var.security_group_ingress_rules[each.key].from_port, null)
  cidr_ipv4   = try(var.security_group_ingress_rules[each.key].cidr_ipv4, null)
  cidr_ipv6   = try(var.security_group_ingress_rules[each.key].cidr_ipv6, null)
}
