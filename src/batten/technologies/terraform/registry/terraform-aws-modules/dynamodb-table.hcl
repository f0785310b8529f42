# https://registry.terraform.io/modules/terraform-aws-modules/dynamodb-table/aws: DynamoDB encrypts every table.
variable "create_table" { default = true }

resource "aws_dynamodb_table" "this" {
  count = var.create_table ? 1 : 0
}
