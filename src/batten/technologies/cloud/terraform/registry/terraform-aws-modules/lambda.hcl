# https://registry.terraform.io/modules/terraform-aws-modules/lambda/aws: a function's URL has no authorisation unless one is named.
variable "create" { default = true }
variable "create_function" { default = true }
variable "create_layer" { default = false }
variable "runtime" { default = null }
variable "environment_variables" { default = {} }
variable "create_lambda_function_url" { default = false }
variable "authorization_type" { default = "NONE" }
variable "cors" { default = {} }
variable "allowed_triggers" { default = {} }

resource "aws_lambda_function" "this" {
  count   = var.create && var.create_function && !var.create_layer ? 1 : 0
  runtime = var.runtime
  environment {
    variables = var.environment_variables
  }
}

resource "aws_lambda_function_url" "this" {
  count              = var.create && var.create_function && !var.create_layer && var.create_lambda_function_url ? 1 : 0
  function_name      = aws_lambda_function.this.function_name
  authorization_type = var.authorization_type
  dynamic "cors" {
    for_each = length(keys(var.cors)) == 0 ? [] : [1]
    content {
      allow_credentials = try(var.cors.allow_credentials, null)
      allow_headers     = try(var.cors.allow_headers, null)
      allow_methods     = try(var.cors.allow_methods, null)
      allow_origins     = try(var.cors.allow_origins, null)
    }
  }
}

resource "aws_lambda_permission" "this" {
  for_each               = var.create && var.create_function && !var.create_layer ? var.allowed_triggers : {}
  function_name          = aws_lambda_function.this.function_name
  action                 = try(var.allowed_triggers[each.key].action, "lambda:InvokeFunction")
  principal              = try(var.allowed_triggers[each.key].principal, format("%s.amazonaws.com", var.allowed_triggers[each.key].service))
  principal_org_id       = try(var.allowed_triggers[each.key].principal_org_id, null)
  source_arn             = try(var.allowed_triggers[each.key].source_arn, null)
  source_account         = try(var.allowed_triggers[each.key].source_account, null)
  event_source_token     = try(var.allowed_triggers[each.key].event_source_token, null)
  function_url_auth_type = try(var.allowed_triggers[each.key].function_url_auth_type, null)
}
