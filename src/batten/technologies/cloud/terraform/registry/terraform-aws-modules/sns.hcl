# https://registry.terraform.io/modules/terraform-aws-modules/sns/aws
variable "create" { default = true }
variable "kms_master_key_id" { default = null }
variable "topic_policy" { default = null }
variable "subscriptions" { default = {} }

resource "aws_sns_topic" "this" {
  count             = var.create ? 1 : 0
  kms_master_key_id = var.kms_master_key_id
}

resource "aws_sns_topic_policy" "this" {
  count  = var.create && var.topic_policy != null ? 1 : 0
  policy = var.topic_policy
}

resource "aws_sns_topic_subscription" "this" {
  for_each = var.subscriptions
  protocol = var.subscriptions[each.key].protocol
}
