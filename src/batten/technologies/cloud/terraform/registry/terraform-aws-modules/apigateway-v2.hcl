# https://registry.terraform.io/modules/terraform-aws-modules/apigateway-v2/aws: routes and a stage with a log of its own since version 5.
variable "create" { default = true }
variable "create_api_gateway" { default = true }
variable "protocol_type" { default = "HTTP" }
variable "cors_configuration" { default = null }
variable "create_stage" { default = true }
variable "create_default_stage" { default = true }
variable "stage_access_log_settings" { default = {} }
variable "default_stage_access_log_destination_arn" { default = null }
variable "create_routes_and_integrations" { default = true }
variable "routes" { default = {} }
variable "integrations" { default = {} }
variable "disable_execute_api_endpoint" { default = false }
variable "mutual_tls_authentication" { default = {} }

resource "aws_apigatewayv2_api" "this" {
  count                        = var.create && var.create_api_gateway ? 1 : 0
  protocol_type                = var.protocol_type
  cors_configuration           = var.cors_configuration
  disable_execute_api_endpoint = var.disable_execute_api_endpoint
}

resource "aws_apigatewayv2_domain_name" "this" {
  count                     = try(length(keys(var.mutual_tls_authentication)), 0) > 0 ? 1 : 0
  mutual_tls_authentication = var.mutual_tls_authentication
}

resource "aws_apigatewayv2_stage" "this" {
  count = var.create && var.create_stage && local.major >= 5 ? 1 : 0
  dynamic "access_log_settings" {
    for_each = var.stage_access_log_settings == null ? [] : [1]
    content {
      destination_arn = try(var.stage_access_log_settings.destination_arn, null)
    }
  }
}

resource "aws_apigatewayv2_stage" "default" {
  count = var.create && var.create_default_stage && local.major < 5 ? 1 : 0
  dynamic "access_log_settings" {
    for_each = var.default_stage_access_log_destination_arn == null ? [] : [1]
    content {
      destination_arn = var.default_stage_access_log_destination_arn
    }
  }
}

resource "aws_apigatewayv2_route" "this" {
  for_each           = var.create_routes_and_integrations && local.major >= 5 ? var.routes : {}
  api_id             = aws_apigatewayv2_api.this.id
  route_key          = each.key
  authorization_type = try(var.routes[each.key].authorization_type, null)
}

resource "aws_apigatewayv2_route" "older" {
  for_each           = var.create_routes_and_integrations && local.major < 5 ? var.integrations : {}
  api_id             = aws_apigatewayv2_api.this.id
  route_key          = each.key
  authorization_type = try(var.integrations[each.key].authorization_type, "NONE")
}
