"""Programs that run beside applications: logins, metrics and logs."""
