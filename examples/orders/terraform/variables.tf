variable "region" {
  description = "Where the bucket lives."
  type        = string
  default     = "eu-central-1"
}

variable "environment" {
  description = "Which environment the bucket belongs to."
  type        = string
  default     = "production"
}

variable "log_bucket" {
  description = "The bucket that takes the access logs of all others."
  type        = string
  default     = "example-shop-access-logs"
}

variable "shop_origin" {
  description = "The origin whose pages show the images."
  type        = string
  default     = "https://shop.example.com"
}

locals {
  bucket_name = "example-shop-images-${var.environment}"
}
