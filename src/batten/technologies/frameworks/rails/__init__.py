from batten.technologies import Technology

technology = Technology(
    "rails",
    "Ruby on Rails",
    files=(
        "config/application.rb",
        "config/environments/*.rb",
        "config/initializers/*.rb",
        "config/initializers/*/*.rb",
        "config/routes.rb",
        "puma.rb",
        "config/puma/*.rb",
        "config/database.yml",
        "config/cable.yml",
        "config/secrets.yml",
        "config/master.key",
        "config/credentials/*.key",
        "app/controllers/**/*.rb",
    ),
    example="config/environments/production.rb",
)
