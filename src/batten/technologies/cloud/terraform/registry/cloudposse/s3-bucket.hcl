# https://registry.terraform.io/modules/cloudposse/s3-bucket/aws
variable "enabled" { default = true }
variable "acl" { default = "private" }
variable "block_public_acls" { default = true }
variable "block_public_policy" { default = true }
variable "ignore_public_acls" { default = true }
variable "restrict_public_buckets" { default = true }
variable "versioning_enabled" { default = true }
variable "logging" { default = [] }
variable "allow_ssl_requests_only" { default = false }
variable "allow_encrypted_uploads_only" { default = false }
variable "source_policy_documents" { default = [] }
variable "privileged_principal_arns" { default = [] }

resource "aws_s3_bucket" "default" {
  count = var.enabled == false ? 0 : 1
}

resource "aws_s3_bucket_acl" "default" {
  count  = var.enabled == false ? 0 : 1
  bucket = aws_s3_bucket.default.id
  acl    = var.acl
}

resource "aws_s3_bucket_public_access_block" "default" {
  count                   = var.enabled == false ? 0 : 1
  bucket                  = aws_s3_bucket.default.id
  block_public_acls       = var.block_public_acls
  block_public_policy     = var.block_public_policy
  ignore_public_acls      = var.ignore_public_acls
  restrict_public_buckets = var.restrict_public_buckets
}

resource "aws_s3_bucket_versioning" "default" {
  count  = var.enabled == false ? 0 : 1
  bucket = aws_s3_bucket.default.id
  versioning_configuration {
    status = var.versioning_enabled ? "Enabled" : "Suspended"
  }
}

resource "aws_s3_bucket_logging" "default" {
  count         = var.logging == null ? 0 : length(var.logging) > 0 ? 1 : 0
  bucket        = aws_s3_bucket.default.id
  target_bucket = try(var.logging[0].bucket_name, var.logging.bucket_name)
}

resource "aws_s3_bucket_policy" "default" {
  count  = var.allow_ssl_requests_only || var.allow_encrypted_uploads_only || length(var.source_policy_documents) > 0 || length(var.privileged_principal_arns) > 0 ? 1 : 0
  bucket = aws_s3_bucket.default.id
  policy = length(var.source_policy_documents) > 0 ? var.source_policy_documents[0] : jsonencode({
    Statement = var.allow_ssl_requests_only ? [{
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = "*"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }] : []
  })
}

output "bucket_id" { value = aws_s3_bucket.default.id }
output "bucket_arn" { value = aws_s3_bucket.default.arn }
