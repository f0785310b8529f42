# https://registry.terraform.io/modules/terraform-aws-modules/eks/aws: the endpoint is private since version 19, audit logs are on since 18,
# inputs lost their prefix `cluster_` in 21.
variable "create" { default = true }
variable "cluster_version" { default = null }
variable "kubernetes_version" { default = null }
variable "cluster_endpoint_public_access" { default = local.major < 19 }
variable "endpoint_public_access" { default = false }
variable "cluster_endpoint_public_access_cidrs" { default = ["0.0.0.0/0"] }
variable "endpoint_public_access_cidrs" { default = ["0.0.0.0/0"] }
variable "cluster_enabled_log_types" { default = local.major >= 18 ? ["audit", "api", "authenticator"] : [] }
variable "enabled_log_types" { default = ["audit", "api", "authenticator"] }
variable "cluster_encryption_config" { default = local.major >= 19 ? { resources = ["secrets"] } : [] }
variable "cluster_security_group_additional_rules" { default = {} }
variable "security_group_additional_rules" { default = {} }
variable "node_security_group_additional_rules" { default = {} }

resource "aws_eks_cluster" "this" {
  count                     = var.create && local.major < 21 ? 1 : 0
  version                   = var.cluster_version
  enabled_cluster_log_types = var.cluster_enabled_log_types
  encryption_config         = var.cluster_encryption_config
  vpc_config {
    endpoint_public_access = var.cluster_endpoint_public_access
    public_access_cidrs    = var.cluster_endpoint_public_access_cidrs
  }
}

resource "aws_eks_cluster" "newer" {
  count                     = var.create && local.major >= 21 ? 1 : 0
  version                   = try(coalesce(var.kubernetes_version, var.cluster_version), null)
  enabled_cluster_log_types = var.enabled_log_types
  encryption_config         = { resources = ["secrets"] }
  vpc_config {
    endpoint_public_access = var.endpoint_public_access
    public_access_cidrs    = var.endpoint_public_access_cidrs
  }
}

resource "aws_security_group_rule" "cluster" {
  for_each    = { for key, rule in merge(var.cluster_security_group_additional_rules, var.security_group_additional_rules) : key => rule if try(rule.type, "ingress") == "ingress" }
  type        = "ingress"
  protocol    = try(var.cluster_security_group_additional_rules[each.key].protocol, var.security_group_additional_rules[each.key].protocol, "tcp")
  from_port   = try(var.cluster_security_group_additional_rules[each.key].from_port, var.security_group_additional_rules[each.key].from_port)
  to_port     = try(var.cluster_security_group_additional_rules[each.key].to_port, var.security_group_additional_rules[each.key].to_port)
  cidr_blocks = try(var.cluster_security_group_additional_rules[each.key].cidr_blocks, var.security_group_additional_rules[each.key].cidr_blocks, null)
}

resource "aws_security_group_rule" "node" {
  for_each    = { for key, rule in var.node_security_group_additional_rules : key => rule if try(rule.type, "ingress") == "ingress" }
  type        = "ingress"
  protocol    = try(var.node_security_group_additional_rules[each.key].protocol, "tcp")
  from_port   = var.node_security_group_additional_rules[each.key].from_port
  to_port     = var.node_security_group_additional_rules[each.key].to_port
  cidr_blocks = try(var.node_security_group_additional_rules[each.key].cidr_blocks, null)
}
