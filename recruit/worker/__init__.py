"""The Celery app, its schedule, and one thin file of tasks a stage."""
