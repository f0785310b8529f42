# https://registry.terraform.io/modules/terraform-aws-modules/s3-bucket/aws: the four blocks are on since version 3.9.
variable "create_bucket" { default = true }
variable "bucket" { default = null }
variable "acl" { default = null }
variable "block_public_acls" { default = local.major >= 3 }
variable "block_public_policy" { default = local.major >= 3 }
variable "ignore_public_acls" { default = local.major >= 3 }
variable "restrict_public_buckets" { default = local.major >= 3 }
variable "attach_public_policy" { default = true }
variable "attach_policy" { default = false }
variable "policy" { default = null }
variable "attach_deny_insecure_transport_policy" { default = false }
variable "attach_require_latest_tls_policy" { default = false }
variable "attach_elb_log_delivery_policy" { default = false }
variable "attach_lb_log_delivery_policy" { default = false }
variable "attach_access_log_delivery_policy" { default = false }
variable "versioning" { default = {} }
variable "logging" { default = {} }
variable "website" { default = {} }
variable "cors_rule" { default = [] }
variable "grant" { default = [] }
variable "object_lock_enabled" { default = false }

resource "aws_s3_bucket" "this" {
  count               = var.create_bucket ? 1 : 0
  bucket              = var.bucket
  object_lock_enabled = var.object_lock_enabled
}

resource "aws_s3_bucket_acl" "this" {
  count  = var.create_bucket && (var.acl != null || length(var.grant) > 0) ? 1 : 0
  bucket = aws_s3_bucket.this.id
  acl    = var.acl
  dynamic "grant" {
    for_each = var.grant
    content {
      uri = try(grant.value.uri, null)
    }
  }
}

resource "aws_s3_bucket_cors_configuration" "this" {
  count  = var.create_bucket && length(var.cors_rule) > 0 ? 1 : 0
  bucket = aws_s3_bucket.this.id
  dynamic "cors_rule" {
    for_each = var.cors_rule
    content {
      allowed_methods = cors_rule.value.allowed_methods
      allowed_origins = cors_rule.value.allowed_origins
      allowed_headers = try(cors_rule.value.allowed_headers, null)
    }
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  count                   = var.create_bucket && var.attach_public_policy ? 1 : 0
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = var.block_public_acls
  block_public_policy     = var.block_public_policy
  ignore_public_acls      = var.ignore_public_acls
  restrict_public_buckets = var.restrict_public_buckets
}

resource "aws_s3_bucket_versioning" "this" {
  count  = var.create_bucket && length(keys(var.versioning)) > 0 ? 1 : 0
  bucket = aws_s3_bucket.this.id
  versioning_configuration {
    status = try(var.versioning["enabled"] ? "Enabled" : "Suspended", tobool(var.versioning["status"]) ? "Enabled" : "Suspended", title(lower(var.versioning["status"])), "Enabled")
  }
}

resource "aws_s3_bucket_logging" "this" {
  count         = var.create_bucket && length(keys(var.logging)) > 0 ? 1 : 0
  bucket        = aws_s3_bucket.this.id
  target_bucket = var.logging["target_bucket"]
}

resource "aws_s3_bucket_website_configuration" "this" {
  count  = var.create_bucket && length(keys(var.website)) > 0 ? 1 : 0
  bucket = aws_s3_bucket.this.id
}

# The module's own statements come first; of what else is attached only the caller's document is known.
resource "aws_s3_bucket_policy" "this" {
  count  = var.create_bucket && (var.attach_policy || var.attach_deny_insecure_transport_policy || var.attach_require_latest_tls_policy || var.attach_elb_log_delivery_policy || var.attach_lb_log_delivery_policy || var.attach_access_log_delivery_policy) ? 1 : 0
  bucket = aws_s3_bucket.this.id
  policy = var.attach_deny_insecure_transport_policy ? jsonencode({
    Statement = concat([{
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = "*"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }], var.attach_policy ? try(jsondecode(var.policy).Statement, []) : [])
  }) : var.attach_policy ? var.policy : jsonencode({ Statement = [] })
}

output "s3_bucket_id" { value = aws_s3_bucket.this.id }
output "s3_bucket_arn" { value = aws_s3_bucket.this.arn }
