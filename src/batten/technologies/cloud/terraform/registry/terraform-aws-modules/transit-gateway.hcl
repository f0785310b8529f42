# https://registry.terraform.io/modules/terraform-aws-modules/transit-gateway/aws
variable "create_tgw" { default = true }
variable "enable_auto_accept_shared_attachments" { default = false }

resource "aws_ec2_transit_gateway" "this" {
  count                          = var.create_tgw ? 1 : 0
  auto_accept_shared_attachments = var.enable_auto_accept_shared_attachments ? "enable" : "disable"
}
