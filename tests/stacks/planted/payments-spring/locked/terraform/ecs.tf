resource "aws_secretsmanager_secret" "tls" {
  name                    = "payments/tls"
  description             = "Certificate and key of the tasks"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = 30
}

resource "aws_ecs_cluster" "payments" {
  name = "payments"

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_task_definition" "api" {
  family                   = "payments"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 512
  memory                   = 1024
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn

  volume {
    name = "tmp"
  }

  container_definitions = jsonencode([
    {
      name                   = "api"
      image                  = var.image
      essential              = true
      user                   = "10001:10001"
      privileged             = false
      readonlyRootFilesystem = true
      linuxParameters = {
        capabilities       = { drop = ["ALL"] }
        initProcessEnabled = true
      }
      portMappings = [{ containerPort = 8443, protocol = "tcp" }]
      mountPoints  = [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }]
      environment = [
        { name = "DB_HOST", value = aws_db_instance.db.address },
        { name = "KAFKA_BROKERS", value = aws_msk_cluster.kafka.bootstrap_brokers_sasl_iam }
      ]
      secrets = [
        { name = "DB_USER", valueFrom = "${aws_db_instance.db.master_user_secret[0].secret_arn}:username::" },
        { name = "DB_PASSWORD", valueFrom = "${aws_db_instance.db.master_user_secret[0].secret_arn}:password::" },
        { name = "TLS_CERTIFICATE", valueFrom = "${aws_secretsmanager_secret.tls.arn}:certificate::" },
        { name = "TLS_PRIVATE_KEY", valueFrom = "${aws_secretsmanager_secret.tls.arn}:key::" }
      ]
      healthCheck = {
        command     = ["CMD", "java", "-cp", "payments.jar", "shop.payments.Healthcheck"]
        interval    = 30
        timeout     = 5
        retries     = 3
        startPeriod = 60
      }
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = aws_cloudwatch_log_group.api.name
          awslogs-region        = "eu-central-1"
          awslogs-stream-prefix = "api"
        }
      }
    }
  ])
}

resource "aws_ecs_service" "api" {
  name                   = "payments"
  cluster                = aws_ecs_cluster.payments.id
  task_definition        = aws_ecs_task_definition.api.arn
  desired_count          = 3
  launch_type            = "FARGATE"
  platform_version       = "LATEST"
  enable_execute_command = false

  network_configuration {
    subnets          = var.private_subnets
    security_groups  = [aws_security_group.api.id]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.api.arn
    container_name   = "api"
    container_port   = 8443
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }
}
