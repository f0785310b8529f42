resource "aws_db_subnet_group" "db" {
  name       = "payments"
  subnet_ids = var.private_subnets
}

resource "aws_db_parameter_group" "db" {
  name   = "payments-mysql84"
  family = "mysql8.4"

  parameter {
    name  = "require_secure_transport"
    value = "ON"
  }

  parameter {
    name  = "tls_version"
    value = "TLSv1.2,TLSv1.3"
  }

  parameter {
    name  = "local_infile"
    value = "0"
  }
}

resource "aws_db_instance" "db" {
  identifier                    = "payments"
  engine                        = "mysql"
  engine_version                = "8.4.7"
  instance_class                = "db.t4g.medium"
  allocated_storage             = 50
  db_name                       = "payments"
  username                      = "payments"
  manage_master_user_password   = true
  master_user_secret_kms_key_id = aws_kms_key.data.key_id

  db_subnet_group_name   = aws_db_subnet_group.db.name
  parameter_group_name   = aws_db_parameter_group.db.name
  vpc_security_group_ids = [aws_security_group.db.id]
  publicly_accessible    = false
  multi_az               = true
  ca_cert_identifier     = "rds-ca-rsa2048-g1"

  storage_encrypted                     = true
  kms_key_id                            = aws_kms_key.data.arn
  backup_retention_period               = 30
  copy_tags_to_snapshot                 = true
  deletion_protection                   = true
  skip_final_snapshot                   = false
  final_snapshot_identifier             = "payments-final"
  auto_minor_version_upgrade            = true
  iam_database_authentication_enabled   = true
  enabled_cloudwatch_logs_exports       = ["audit", "error", "general", "slowquery"]
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = aws_kms_key.data.arn
  performance_insights_retention_period = 7
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.monitoring.arn
}
