from batten.technologies import Technology

technology = Technology("helm", "Helm", files=("Chart.yaml",), example="Chart.yaml")
