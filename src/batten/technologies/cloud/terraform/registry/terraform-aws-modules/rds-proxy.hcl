# https://registry.terraform.io/modules/terraform-aws-modules/rds-proxy/aws
variable "create" { default = true }
variable "require_tls" { default = true }

resource "aws_db_proxy" "this" {
  count       = var.create ? 1 : 0
  require_tls = var.require_tls
}
