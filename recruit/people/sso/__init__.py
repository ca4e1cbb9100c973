"""Signing in by the company's own sign-in: OpenID Connect, authorization code with PKCE."""
