# https://registry.terraform.io/modules/cloudposse/ec2-instance/aws
variable "enabled" { default = true }
variable "associate_public_ip_address" { default = false }
variable "root_block_device_encrypted" { default = true }
variable "metadata_http_tokens_required" { default = true }
variable "metadata_http_endpoint_enabled" { default = true }
variable "security_group_rules" { default = [] }
variable "user_data" { default = null }

resource "aws_instance" "default" {
  count                       = var.enabled == false ? 0 : 1
  associate_public_ip_address = var.associate_public_ip_address
  user_data                   = var.user_data
  root_block_device {
    encrypted = var.root_block_device_encrypted
  }
  metadata_options {
    http_endpoint = var.metadata_http_endpoint_enabled ? "enabled" : "disabled"
    http_tokens   = var.metadata_http_tokens_required ? "required" : "optional"
  }
}

resource "aws_security_group_rule" "default" {
  count       = length(var.security_group_rules)
  type        = try(var.security_group_rules[count.index].type, "egress")
  protocol    = try(var.security_group_rules[count.index].protocol, null)
  from_port   = try(var.security_group_rules[count.index].from_port, null)
  to_port     = try(var.security_group_rules[count.index].to_port, null)
  cidr_blocks = try(var.security_group_rules[count.index].cidr_blocks, null)
}
