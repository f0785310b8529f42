from batten.technologies import Technology

technology = Technology("terraform", "Terraform", files=("*.tf", "*.tfvars"), example="main.tf")
