variable "image" {
  type    = string
  default = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/payments:latest"
}

variable "vpc_id" {
  type = string
}

variable "public_subnets" {
  type = list(string)
}

variable "private_subnets" {
  type = list(string)
}

variable "certificate_arn" {
  type = string
}

variable "db_password" {
  type    = string
  default = "Nt6kWq3vXz8mRb2p"
}
