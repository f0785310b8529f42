from batten.technologies import Technology

technology = Technology(
    "aspnet",
    "ASP.NET",
    files=("appsettings.json", "appsettings.*.json", "launchSettings.json", "web.config", "Web.config"),
    sniff=r"\A\s*(?:/[/*][^\n]*\s*)*\{|<configuration\b",
    example="appsettings.json",
)
