resource "aws_ecs_cluster" "payments" {
  name = "payments"

  setting {
    name  = "containerInsights"
    value = "disabled"
  }
}

resource "aws_ecs_task_definition" "api" {
  family                   = "payments"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 512
  memory                   = 1024
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.execution.arn

  container_definitions = jsonencode([
    {
      name         = "api"
      image        = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/payments:latest"
      essential    = true
      user         = "root"
      privileged   = false
      portMappings = [{ containerPort = 8080 }, { containerPort = 5005 }]
      environment = [
        { name = "SPRING_PROFILES_ACTIVE", value = "dev" },
        { name = "SPRING_DATASOURCE_PASSWORD", value = "Nt6kWq3vXz8mRb2p" },
        { name = "ACQUIRER_API_KEY", value = "q8Zr1LwXn5TcVb3MkYp0" }
      ]
    }
  ])
}

resource "aws_ecs_service" "api" {
  name                   = "payments"
  cluster                = aws_ecs_cluster.payments.id
  task_definition        = aws_ecs_task_definition.api.arn
  desired_count          = 3
  launch_type            = "FARGATE"
  enable_execute_command = true

  network_configuration {
    subnets          = var.public_subnets
    security_groups  = [aws_security_group.api.id]
    assign_public_ip = true
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.api.arn
    container_name   = "api"
    container_port   = 8080
  }
}
