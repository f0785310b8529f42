# https://registry.terraform.io/modules/terraform-aws-modules/elb/aws
variable "create_elb" { default = true }
variable "internal" { default = false }
variable "listener" { default = [] }
variable "access_logs" { default = {} }

resource "aws_elb" "this" {
  count    = var.create_elb ? 1 : 0
  internal = var.internal
  listener = var.listener
  dynamic "access_logs" {
    for_each = length(var.access_logs) > 0 ? [1] : []
    content {
      bucket  = try(var.access_logs["bucket"], "")
      enabled = try(var.access_logs["enabled"], true)
    }
  }
}
