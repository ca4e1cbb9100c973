"""The web application: the desk for recruiters, the portal for partners, and the public doors."""
