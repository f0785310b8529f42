resource "aws_db_subnet_group" "db" {
  name       = "payments"
  subnet_ids = var.public_subnets
}

resource "aws_db_parameter_group" "db" {
  name   = "payments-mysql80"
  family = "mysql8.0"

  parameter {
    name  = "require_secure_transport"
    value = "OFF"
  }

  parameter {
    name  = "local_infile"
    value = "1"
  }
}

resource "aws_db_instance" "db" {
  identifier        = "payments"
  engine            = "mysql"
  engine_version    = "8.0.43"
  instance_class    = "db.t4g.medium"
  allocated_storage = 50
  db_name           = "payments"
  username          = "admin"
  password          = var.db_password

  db_subnet_group_name   = aws_db_subnet_group.db.name
  parameter_group_name   = aws_db_parameter_group.db.name
  vpc_security_group_ids = [aws_security_group.db.id]
  publicly_accessible    = true

  storage_encrypted          = false
  backup_retention_period    = 0
  deletion_protection        = false
  skip_final_snapshot        = true
  auto_minor_version_upgrade = false
}
