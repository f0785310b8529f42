from batten.technologies import Technology

technology = Technology(
    "terraform",
    "Terraform",
    files=(
        "*.tf",
        "*.tofu",
        "*.tf.json",
        "*.tofu.json",
        "terragrunt.hcl",
        "*.tfvars",
        "*.tfvars.json",
        "*.tfplan.json",
        "plan.json",
        "tfplan.json",
        "*-plan.json",
        "*_plan.json",
    ),
    example="main.tf",
)
