# https://registry.terraform.io/modules/terraform-aws-modules/cloudfront/aws
variable "create" { default = true }
variable "create_distribution" { default = true }
variable "enabled" { default = true }
variable "origin" { default = {} }
variable "default_cache_behavior" { default = {} }
variable "ordered_cache_behavior" { default = [] }
variable "viewer_certificate" { default = {} }
variable "logging_config" { default = {} }
variable "web_acl_id" { default = null }

resource "aws_cloudfront_distribution" "this" {
  count                  = var.create && var.create_distribution ? 1 : 0
  enabled                = var.enabled
  web_acl_id             = var.web_acl_id
  default_cache_behavior = var.default_cache_behavior
  ordered_cache_behavior = var.ordered_cache_behavior
  viewer_certificate {
    cloudfront_default_certificate = try(var.viewer_certificate.cloudfront_default_certificate, !can(var.viewer_certificate.acm_certificate_arn))
    minimum_protocol_version       = try(var.viewer_certificate.minimum_protocol_version, local.major >= 6 ? "TLSv1.2_2025" : "TLSv1")
  }
  dynamic "logging_config" {
    for_each = var.logging_config == null ? [] : length(keys(var.logging_config)) > 0 ? [1] : []
    content {
      bucket = try(var.logging_config.bucket, null)
    }
  }
  dynamic "origin" {
    for_each = var.origin
    content {
      domain_name          = var.origin[origin.key].domain_name
      custom_origin_config = try([var.origin[origin.key].custom_origin_config], [])
    }
  }
}
