# https://registry.terraform.io/modules/terraform-aws-modules/step-functions/aws
variable "create" { default = true }
variable "logging_configuration" { default = {} }

resource "aws_sfn_state_machine" "this" {
  count = var.create ? 1 : 0
  logging_configuration {
    level = try(var.logging_configuration.level, null)
  }
}
