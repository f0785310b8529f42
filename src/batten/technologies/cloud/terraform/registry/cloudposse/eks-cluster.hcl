# https://registry.terraform.io/modules/cloudposse/eks-cluster/aws: the endpoint is public unless an input says otherwise.
variable "enabled" { default = true }
variable "endpoint_public_access" { default = true }
variable "public_access_cidrs" { default = ["0.0.0.0/0"] }
variable "enabled_cluster_log_types" { default = [] }
variable "kubernetes_version" { default = null }
variable "cluster_encryption_config_enabled" { default = true }

resource "aws_eks_cluster" "default" {
  count                     = var.enabled == false ? 0 : 1
  version                   = var.kubernetes_version
  enabled_cluster_log_types = var.enabled_cluster_log_types
  vpc_config {
    endpoint_public_access = var.endpoint_public_access
    public_access_cidrs    = var.public_access_cidrs
  }
  dynamic "encryption_config" {
    for_each = var.cluster_encryption_config_enabled ? [1] : []
    content {
      resources = ["secrets"]
    }
  }
}
