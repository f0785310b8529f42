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
    sniff=r"\A\s*(?:/[/*][^\n]*\s*)*\{|<configuration\b"
    # Code that sets an application up, answers requests, or calls other servers.
    r"|\bWebApplication\b|\bI(?:ApplicationBuilder|EndpointRouteBuilder|ServiceCollection|WebHostBuilder)\b|\bRouteGroupBuilder\b"
    r"|\bControllerBase\b|:[ \t]*Controller\b|\[ApiController\b|\bCookieOptions\b|\.Cookies\.Append\(|\bTokenValidationParameters\b"
    r"|\bCorsPolicyBuilder\b|\bSymmetricSecurityKey\b|\bServerCertificate(?:Custom)?ValidationCallback\b|\bRemoteCertificateValidationCallback\b",
    example="appsettings.json",
)
