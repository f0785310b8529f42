# https://registry.terraform.io/modules/terraform-aws-modules/global-accelerator/aws
variable "create" { default = true }
variable "flow_logs_enabled" { default = false }

resource "aws_globalaccelerator_accelerator" "this" {
  count = var.create ? 1 : 0
  attributes {
    flow_logs_enabled = var.flow_logs_enabled
  }
}
