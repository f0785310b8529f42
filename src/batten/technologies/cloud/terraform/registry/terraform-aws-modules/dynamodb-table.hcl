# https://registry.terraform.io/modules/terraform-aws-modules/dynamodb-table/aws: DynamoDB encrypts every table.
variable "create_table" { default = true }
variable "deletion_protection_enabled" { default = null }
variable "point_in_time_recovery_enabled" { default = false }

resource "aws_dynamodb_table" "this" {
  count                       = var.create_table ? 1 : 0
  deletion_protection_enabled = var.deletion_protection_enabled
  point_in_time_recovery {
    enabled = var.point_in_time_recovery_enabled
  }
}
