from batten.technologies import Technology
from batten.technologies.credentials.environment.histories import FILES

technology = Technology(
    "environment",
    "Environment files and shell histories",
    files=(".env", ".env.*", "*.env", *FILES),
    fence="env",
    example=".env",
)
