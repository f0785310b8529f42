# https://registry.terraform.io/modules/terraform-aws-modules/autoscaling/aws: tokens are required by default since version 9.
variable "create" { default = true }
variable "create_launch_template" { default = true }
variable "metadata_options" { default = local.major >= 9 ? { http_tokens = "required" } : {} }
variable "block_device_mappings" { default = [] }
variable "network_interfaces" { default = [] }
variable "user_data" { default = null }

resource "aws_launch_template" "this" {
  count                 = var.create && var.create_launch_template && local.major >= 5 ? 1 : 0
  block_device_mappings = var.block_device_mappings
  network_interfaces    = var.network_interfaces
  user_data             = var.user_data
  metadata_options {
    http_endpoint = try(var.metadata_options.http_endpoint, "enabled")
    http_tokens   = try(var.metadata_options.http_tokens, local.major >= 9 ? "required" : "optional")
  }
}
