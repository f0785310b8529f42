"""Who may: users, sessions, tokens, roles, sign-in with OIDC, and the audit of what people did."""
