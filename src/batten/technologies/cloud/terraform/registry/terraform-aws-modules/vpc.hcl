# https://registry.terraform.io/modules/terraform-aws-modules/vpc/aws: machines in public subnets got a public address before version 4.
variable "create_vpc" { default = true }
variable "enable_flow_log" { default = false }
variable "public_subnets" { default = [] }
variable "map_public_ip_on_launch" { default = local.major < 4 }
variable "manage_default_security_group" { default = local.major >= 4 }
variable "default_security_group_ingress" { default = [] }

resource "aws_vpc" "this" {
  count = var.create_vpc ? 1 : 0
}

resource "aws_flow_log" "this" {
  count  = var.create_vpc && var.enable_flow_log ? 1 : 0
  vpc_id = aws_vpc.this.id
}

resource "aws_subnet" "public" {
  count                   = var.create_vpc && length(var.public_subnets) > 0 ? 1 : 0
  vpc_id                  = aws_vpc.this.id
  map_public_ip_on_launch = var.map_public_ip_on_launch
}

resource "aws_default_security_group" "this" {
  count  = var.create_vpc && var.manage_default_security_group ? 1 : 0
  vpc_id = aws_vpc.this.id
  dynamic "ingress" {
    for_each = var.default_security_group_ingress
    content {
      cidr_blocks      = compact(split(",", lookup(var.default_security_group_ingress[ingress.key], "cidr_blocks", "")))
      ipv6_cidr_blocks = compact(split(",", lookup(var.default_security_group_ingress[ingress.key], "ipv6_cidr_blocks", "")))
      from_port        = lookup(var.default_security_group_ingress[ingress.key], "from_port", 0)
      to_port          = lookup(var.default_security_group_ingress[ingress.key], "to_port", 0)
      protocol         = lookup(var.default_security_group_ingress[ingress.key], "protocol", "-1")
    }
  }
}

output "vpc_id" { value = aws_vpc.this.id }
output "vpc_arn" { value = aws_vpc.this.arn }
