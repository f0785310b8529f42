# https://registry.terraform.io/modules/terraform-aws-modules/iam/aws/5.60.0/submodules/iam-assumable-role
variable "create_role" { default = false }
variable "attach_admin_policy" { default = false }
variable "admin_role_policy_arn" { default = "arn:aws:iam::aws:policy/AdministratorAccess" }
variable "custom_role_policy_arns" { default = [] }

resource "aws_iam_role_policy_attachment" "admin" {
  count      = var.create_role && var.attach_admin_policy ? 1 : 0
  policy_arn = var.attach_admin_policy ? var.admin_role_policy_arn : ""
}

resource "aws_iam_role_policy_attachment" "custom" {
  for_each   = var.create_role ? toset(var.custom_role_policy_arns) : []
  policy_arn = each.value
}
