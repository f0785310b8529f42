resource "aws_lb" "edge" {
  name                       = "payments"
  load_balancer_type         = "application"
  internal                   = false
  security_groups            = [aws_security_group.edge.id]
  subnets                    = var.public_subnets
  drop_invalid_header_fields = false
  desync_mitigation_mode     = "monitor"
  enable_deletion_protection = false
}

resource "aws_lb_target_group" "api" {
  name        = "payments-api"
  port        = 8080
  protocol    = "HTTP"
  target_type = "ip"
  vpc_id      = var.vpc_id

  health_check {
    path    = "/actuator/health"
    matcher = "200"
  }
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.edge.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.api.arn
  }
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.edge.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS-1-0-2015-04"
  certificate_arn   = var.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.api.arn
  }
}
