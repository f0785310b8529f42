from batten.technologies import Technology

technology = Technology(
    "aspnet",
    "ASP.NET",
    files=(
        "appsettings.json",
        "appsettings.*.json",
        "launchSettings.json",
        "web.config",
        "Web.config",
        "*.cs",
    ),
    begins=r"\s*(?:/[/*][^\n]*\s*)*\{",
    # Code that sets an application up, answers requests, or calls other servers.
    sniff=r"<configuration\b|WebApplication\b|I(?:ApplicationBuilder|EndpointRouteBuilder|ServiceCollection|WebHostBuilder)\b"
    r"|RouteGroupBuilder\b|ControllerBase\b|\[Http(?:Get|Post|Put|Patch|Delete)\b|:[ \t]*Controller\b|\[ApiController\b|CookieOptions\b|\.Cookies\.Append\("
    r"|TokenValidationParameters\b|CorsPolicyBuilder\b|SymmetricSecurityKey\b|ServerCertificate(?:Custom)?ValidationCallback\b"
    r"|RemoteCertificateValidationCallback\b",
    example="appsettings.json",
)
