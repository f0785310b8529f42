"""What people see: one module a page, templates, and static files. Every page works without JavaScript."""
