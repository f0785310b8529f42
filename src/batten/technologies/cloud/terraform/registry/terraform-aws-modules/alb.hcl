# https://registry.terraform.io/modules/terraform-aws-modules/alb/aws: one map of listeners since version 9, lists of plain and TLS ones before.
variable "create" { default = true }
variable "create_lb" { default = true }
variable "internal" { default = false }
variable "load_balancer_type" { default = "application" }
variable "drop_invalid_header_fields" { default = local.major >= 9 }
variable "desync_mitigation_mode" { default = null }
variable "access_logs" { default = {} }
variable "listeners" { default = {} }
variable "default_port" { default = 80 }
variable "default_protocol" { default = "HTTP" }
variable "http_tcp_listeners" { default = [] }
variable "https_listeners" { default = [] }
variable "listener_ssl_policy_default" { default = "ELBSecurityPolicy-2016-08" }
variable "security_group_ingress_rules" { default = {} }
variable "security_group_rules" { default = {} }
variable "web_acl_arn" { default = null }
variable "associate_web_acl" { default = false }
variable "enable_deletion_protection" { default = local.major >= 9 }

resource "aws_lb" "this" {
  count                      = var.create && var.create_lb ? 1 : 0
  internal                   = var.internal
  load_balancer_type         = var.load_balancer_type
  drop_invalid_header_fields = var.drop_invalid_header_fields
  desync_mitigation_mode     = var.desync_mitigation_mode
  enable_deletion_protection = var.enable_deletion_protection
  dynamic "access_logs" {
    for_each = var.access_logs == null ? [] : length(keys(var.access_logs)) > 0 ? [1] : []
    content {
      enabled = try(var.access_logs.enabled, true)
    }
  }
}

resource "aws_wafv2_web_acl_association" "this" {
  count        = var.associate_web_acl || var.web_acl_arn != null ? 1 : 0
  resource_arn = aws_lb.this.arn
}

resource "aws_lb_listener" "this" {
  for_each          = var.listeners
  load_balancer_arn = aws_lb.this.arn
  port              = try(coalesce(var.listeners[each.key].port, var.default_port), var.default_port)
  protocol          = try(coalesce(var.listeners[each.key].protocol, var.default_protocol), var.default_protocol)
  ssl_policy        = try(coalesce(var.listeners[each.key].ssl_policy, "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"), "ELBSecurityPolicy-TLS13-1-2-Res-2021-06")
  default_action {
    type = try(var.listeners[each.key].redirect != null ? "redirect" : "forward", var.listeners[each.key].fixed_response != null ? "fixed-response" : "forward", "forward")
    redirect {
      protocol = try(var.listeners[each.key].redirect.protocol, "#{protocol}")
    }
  }
}

resource "aws_lb_listener" "plain" {
  count             = length(var.http_tcp_listeners)
  load_balancer_arn = aws_lb.this.arn
  port              = var.http_tcp_listeners[count.index]["port"]
  protocol          = var.http_tcp_listeners[count.index]["protocol"]
  default_action {
    type = try(var.http_tcp_listeners[count.index]["action_type"], "forward")
    redirect {
      protocol = try(var.http_tcp_listeners[count.index]["redirect"]["protocol"], "#{protocol}")
    }
  }
}

resource "aws_lb_listener" "tls" {
  count             = length(var.https_listeners)
  load_balancer_arn = aws_lb.this.arn
  port              = var.https_listeners[count.index]["port"]
  protocol          = try(var.https_listeners[count.index]["protocol"], "HTTPS")
  ssl_policy        = try(var.https_listeners[count.index]["ssl_policy"], var.listener_ssl_policy_default)
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each    = var.security_group_ingress_rules == null ? {} : var.security_group_ingress_rules
  ip_protocol = try(var.security_group_ingress_rules[each.key].ip_protocol, "tcp")
  from_port   = try(var.security_group_ingress_rules[each.key].from_port, null)
  to_port     = try(var.security_group_ingress_rules[each.key].to_port, var.security_group_ingress_rules[each.key].from_port, null)
  cidr_ipv4   = try(var.security_group_ingress_rules[each.key].cidr_ipv4, null)
  cidr_ipv6   = try(var.security_group_ingress_rules[each.key].cidr_ipv6, null)
}

output "arn" { value = aws_lb.this.arn }
output "lb_arn" { value = aws_lb.this.arn }

resource "aws_security_group_rule" "this" {
  for_each    = { for key, rule in var.security_group_rules : key => rule if try(rule.type, "ingress") == "ingress" }
  type        = "ingress"
  protocol    = try(var.security_group_rules[each.key].protocol, "tcp")
  from_port   = try(var.security_group_rules[each.key].from_port, null)
  to_port     = try(var.security_group_rules[each.key].to_port, null)
  cidr_blocks = try(var.security_group_rules[each.key].cidr_blocks, null)
}
