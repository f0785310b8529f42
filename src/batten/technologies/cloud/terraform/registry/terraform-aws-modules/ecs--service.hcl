# https://registry.terraform.io/modules/terraform-aws-modules/ecs/aws/latest/submodules/service
variable "create" { default = true }
variable "create_service" { default = true }
variable "assign_public_ip" { default = false }
variable "platform_version" { default = null }
variable "container_definitions" { default = {} }
variable "security_group_ingress_rules" { default = {} }
variable "security_group_rules" { default = {} }

resource "aws_ecs_service" "this" {
  count            = var.create && var.create_service ? 1 : 0
  platform_version = var.platform_version
  network_configuration {
    assign_public_ip = var.assign_public_ip
  }
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each    = var.security_group_ingress_rules
  ip_protocol = try(var.security_group_ingress_rules[each.key].ip_protocol, "tcp")
  from_port   = try(var.security_group_ingress_rules[each.key].from_port, null)
  to_port     = try(var.security_group_ingress_rules[each.key].to_port, var.security_group_ingress_rules[each.key].from_port, null)
  cidr_ipv4   = try(var.security_group_ingress_rules[each.key].cidr_ipv4, null)
  cidr_ipv6   = try(var.security_group_ingress_rules[each.key].cidr_ipv6, null)
}

resource "aws_security_group_rule" "this" {
  for_each    = { for key, rule in var.security_group_rules : key => rule if try(rule.type, "ingress") == "ingress" }
  type        = "ingress"
  protocol    = try(var.security_group_rules[each.key].protocol, "tcp")
  from_port   = try(var.security_group_rules[each.key].from_port, null)
  to_port     = try(var.security_group_rules[each.key].to_port, null)
  cidr_blocks = try(var.security_group_rules[each.key].cidr_blocks, null)
}

# The root file system is read-only unless an input says otherwise; names are those of ECS since version 6.
resource "aws_ecs_task_definition" "this" {
  count                    = var.create ? 1 : 0
  requires_compatibilities = ["FARGATE"]
  memory                   = 2048
  container_definitions = jsonencode([for name, container in var.container_definitions : {
    name                   = name
    image                  = try(container.image, null)
    user                   = try(container.user, null)
    privileged             = try(container.privileged, false)
    readonlyRootFilesystem = try(container.readonlyRootFilesystem, container.readonly_root_filesystem, true)
    environment            = try(container.environment, [])
  }])
}
