# https://registry.terraform.io/modules/terraform-aws-modules/iam/aws/latest/submodules/iam-account
variable "create_account_password_policy" { default = true }
variable "minimum_password_length" { default = 8 }
variable "password_reuse_prevention" { default = null }
variable "require_lowercase_characters" { default = true }
variable "require_uppercase_characters" { default = true }
variable "require_numbers" { default = true }
variable "require_symbols" { default = true }

resource "aws_iam_account_password_policy" "this" {
  count                        = var.create_account_password_policy ? 1 : 0
  minimum_password_length      = var.minimum_password_length
  password_reuse_prevention    = var.password_reuse_prevention
  require_lowercase_characters = var.require_lowercase_characters
  require_uppercase_characters = var.require_uppercase_characters
  require_numbers              = var.require_numbers
  require_symbols              = var.require_symbols
}
