# https://registry.terraform.io/modules/terraform-aws-modules/ecr/aws
variable "create" { default = true }
variable "create_repository" { default = true }
variable "repository_type" { default = "private" }
variable "repository_image_tag_mutability" { default = "IMMUTABLE" }
variable "repository_image_scan_on_push" { default = true }
variable "repository_policy" { default = null }
variable "manage_registry_scanning_configuration" { default = false }

resource "aws_ecr_repository" "this" {
  count                = var.create && var.create_repository && var.repository_type == "private" ? 1 : 0
  image_tag_mutability = var.repository_image_tag_mutability
  image_scanning_configuration {
    scan_on_push = var.repository_image_scan_on_push
  }
}

resource "aws_ecr_repository_policy" "this" {
  count  = var.repository_policy != null ? 1 : 0
  policy = var.repository_policy
}

resource "aws_ecr_registry_scanning_configuration" "this" {
  count = var.manage_registry_scanning_configuration ? 1 : 0
}
