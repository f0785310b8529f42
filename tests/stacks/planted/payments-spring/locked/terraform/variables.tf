variable "image" {
  type        = string
  description = "The image to run, by its digest."

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Name the image by its digest."
  }
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
  type        = string
  description = "The certificate of api.payments.example."
}

variable "alarm_topic_arn" {
  type = string
}
