resource "aws_db_subnet_group" "main" {
  name       = "tickets"
  subnet_ids = var.private_subnets
}

resource "aws_db_instance" "main" {
  identifier                  = "tickets"
  engine                      = "postgres"
  engine_version              = "16.4"
  instance_class              = "db.t4g.medium"
  allocated_storage           = 50
  db_name                     = "tickets"
  username                    = "tickets"
  manage_master_user_password = true
  db_subnet_group_name        = aws_db_subnet_group.main.name
  vpc_security_group_ids      = [aws_security_group.data.id]
  backup_retention_period     = 7
  skip_final_snapshot         = false
  final_snapshot_identifier   = "tickets-final"
}

resource "aws_elasticache_subnet_group" "main" {
  name       = "tickets"
  subnet_ids = var.private_subnets
}

resource "aws_elasticache_cluster" "sessions" {
  cluster_id         = "tickets-sessions"
  engine             = "redis"
  node_type          = "cache.t4g.small"
  num_cache_nodes    = 1
  subnet_group_name  = aws_elasticache_subnet_group.main.name
  security_group_ids = [aws_security_group.data.id]
}

resource "aws_s3_bucket" "uploads" {
  bucket = "example-tickets-uploads"
}

resource "aws_s3_bucket_public_access_block" "uploads" {
  bucket                  = aws_s3_bucket.uploads.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_cors_configuration" "uploads" {
  bucket = aws_s3_bucket.uploads.id
  cors_rule {
    allowed_methods = ["GET", "PUT"]
    allowed_origins = ["https://tickets.example.com"]
    allowed_headers = ["*"]
  }
}
