"""Accounts: registering, signing in and out. Cognito keeps them; `app.platform.identity` reads tokens."""
