# https://registry.terraform.io/modules/terraform-aws-modules/efs/aws
variable "create" { default = true }
variable "encrypted" { default = true }

resource "aws_efs_file_system" "this" {
  count     = var.create ? 1 : 0
  encrypted = var.encrypted
}
