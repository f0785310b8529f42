# https://registry.terraform.io/modules/terraform-aws-modules/appsync/aws: callers need an API key only, unless an input says otherwise.
variable "create_graphql_api" { default = true }
variable "authentication_type" { default = "API_KEY" }
variable "visibility" { default = null }
variable "logging_enabled" { default = false }
variable "caching_enabled" { default = false }
variable "cache_at_rest_encryption_enabled" { default = false }
variable "cache_transit_encryption_enabled" { default = false }
variable "introspection_config" { default = null }

resource "aws_appsync_graphql_api" "this" {
  count                = var.create_graphql_api ? 1 : 0
  authentication_type  = var.authentication_type
  visibility           = var.visibility
  introspection_config = var.introspection_config
  dynamic "log_config" {
    for_each = var.logging_enabled ? [1] : []
    content {
      field_log_level = "ERROR"
    }
  }
}

resource "aws_appsync_api_cache" "this" {
  count                      = var.create_graphql_api && var.caching_enabled ? 1 : 0
  at_rest_encryption_enabled = var.cache_at_rest_encryption_enabled
  transit_encryption_enabled = var.cache_transit_encryption_enabled
}
