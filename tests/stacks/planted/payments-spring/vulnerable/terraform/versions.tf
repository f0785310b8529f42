terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.20"
    }
  }

  backend "s3" {
    bucket  = "payments-terraform-state"
    key     = "payments.tfstate"
    region  = "eu-central-1"
    encrypt = false
  }
}

provider "aws" {
  region     = "eu-central-1"
  access_key = "AKIAIOSFODNN7EXAMPLE"
  secret_key = "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"

  default_tags {
    tags = { service = "payments" }
  }
}
