"""The web: pages for recruiters, the portal for partners, sign-in."""
