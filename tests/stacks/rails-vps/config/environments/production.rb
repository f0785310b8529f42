Rails.application.configure do
  config.enable_reloading = false
  config.eager_load = true
  config.consider_all_requests_local = false
  config.assume_ssl = true
  config.force_ssl = true
  config.log_level = ENV.fetch("RAILS_LOG_LEVEL", "info")
  config.active_storage.service = :local
  config.action_mailer.default_url_options = { host: "recipes.example.com" }
  config.hosts = ["recipes.example.com"]
end
