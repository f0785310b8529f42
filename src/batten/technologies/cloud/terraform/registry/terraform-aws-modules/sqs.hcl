# https://registry.terraform.io/modules/terraform-aws-modules/sqs/aws: SQS's own encryption is on since version 4; before, it was switched off where
# no key was named.
variable "create" { default = true }
variable "sqs_managed_sse_enabled" { default = local.major >= 4 }
variable "kms_master_key_id" { default = null }
variable "create_dlq" { default = false }
variable "dlq_sqs_managed_sse_enabled" { default = true }
variable "dlq_kms_master_key_id" { default = null }

resource "aws_sqs_queue" "this" {
  count                   = var.create ? 1 : 0
  kms_master_key_id       = var.kms_master_key_id
  sqs_managed_sse_enabled = var.sqs_managed_sse_enabled
}

resource "aws_sqs_queue" "dlq" {
  count                   = var.create && var.create_dlq ? 1 : 0
  kms_master_key_id       = try(coalesce(var.dlq_kms_master_key_id, var.kms_master_key_id), null)
  sqs_managed_sse_enabled = var.dlq_sqs_managed_sse_enabled
}
