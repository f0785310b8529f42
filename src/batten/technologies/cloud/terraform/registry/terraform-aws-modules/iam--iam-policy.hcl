# https://registry.terraform.io/modules/terraform-aws-modules/iam/aws/latest/submodules/iam-policy
variable "create" { default = true }
variable "create_policy" { default = true }
variable "policy" { default = "" }

resource "aws_iam_policy" "this" {
  count  = var.create && var.create_policy ? 1 : 0
  policy = var.policy
}

output "arn" { value = aws_iam_policy.this.arn }
