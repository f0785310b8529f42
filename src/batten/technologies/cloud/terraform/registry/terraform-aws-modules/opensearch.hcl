# https://registry.terraform.io/modules/terraform-aws-modules/opensearch/aws
variable "create" { default = true }
variable "encrypt_at_rest" { default = { enabled = true } }
variable "node_to_node_encryption" { default = { enabled = true } }
variable "domain_endpoint_options" { default = { enforce_https = true, tls_security_policy = "Policy-Min-TLS-1-2-2019-07" } }
variable "advanced_security_options" { default = { enabled = true } }
variable "vpc_options" { default = {} }
variable "log_publishing_options" { default = [{ log_type = "INDEX_SLOW_LOGS" }, { log_type = "SEARCH_SLOW_LOGS" }] }
variable "software_update_options" { default = { auto_software_update_enabled = true } }
variable "access_policies" { default = null }

resource "aws_opensearch_domain" "this" {
  count                     = var.create ? 1 : 0
  access_policies           = var.access_policies
  advanced_security_options = var.advanced_security_options
  log_publishing_options    = var.log_publishing_options
  encrypt_at_rest {
    enabled = try(var.encrypt_at_rest.enabled, true)
  }
  node_to_node_encryption {
    enabled = try(var.node_to_node_encryption.enabled, true)
  }
  domain_endpoint_options {
    enforce_https       = try(var.domain_endpoint_options.enforce_https, true)
    tls_security_policy = try(var.domain_endpoint_options.tls_security_policy, "Policy-Min-TLS-1-2-2019-07")
  }
  software_update_options {
    auto_software_update_enabled = try(var.software_update_options.auto_software_update_enabled, true)
  }
  dynamic "vpc_options" {
    for_each = length(var.vpc_options) > 0 ? [1] : []
    content {
      subnet_ids = try(var.vpc_options.subnet_ids, null)
    }
  }
}
