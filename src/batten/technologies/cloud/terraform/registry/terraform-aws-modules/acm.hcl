# https://registry.terraform.io/modules/terraform-aws-modules/acm/aws
variable "create_certificate" { default = true }
variable "certificate_transparency_logging_preference" { default = true }

resource "aws_acm_certificate" "this" {
  count = var.create_certificate ? 1 : 0
  options {
    certificate_transparency_logging_preference = var.certificate_transparency_logging_preference ? "ENABLED" : "DISABLED"
  }
}
