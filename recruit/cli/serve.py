"""Commands that keep running: `up` (all in one process), or `web`, `worker` and `beat` apart."""

from typing import Annotated

import typer

from recruit.cli.output import fail, open_app
from recruit.wiring import App


def serve_all(app: App) -> None:
    """Serve web, worker and schedule in this process until it is told to end."""
    import uvicorn

    from recruit.web.app import create_app
    from recruit.worker.celery_app import make_celery, make_wake
    from recruit.worker.embedded import EmbeddedWorker
    from recruit.worker.listening import listening

    celery = make_celery(app.settings, lambda: app)
    app.wake = make_wake(celery)
    worker = EmbeddedWorker(celery)
    config = uvicorn.Config(
        create_app(app),
        host=app.settings.host,
        port=app.settings.port,
        log_level="warning",
        timeout_graceful_shutdown=3,
    )
    worker.start()
    listener = listening(app)
    try:
        uvicorn.Server(config).run()
    finally:
        listener.stop()
        worker.stop()


def register(cli: typer.Typer) -> None:
    """Add the commands of this module."""

    @cli.command()
    def up() -> None:
        """Serve web, worker and schedule in one process."""
        with open_app() as app:
            if not app.settings.broker_url.startswith("memory:"):
                fail(
                    "`recruit up` runs everything in one process and needs no broker. Unset "
                    "RECRUIT_BROKER_URL, or run `recruit web`, `recruit worker` and `recruit beat`."
                )
            typer.echo(f"Serving on {app.settings.base_url} - press Ctrl-C to stop.")
            serve_all(app)

    @cli.command()
    def web() -> None:
        """Serve the web pages alone."""
        import uvicorn

        from recruit.web.app import create_app
        from recruit.worker.celery_app import make_celery, make_wake

        with open_app() as app:
            app.wake = make_wake(make_celery(app.settings, lambda: app))
            typer.echo(f"Serving on {app.settings.base_url} - press Ctrl-C to stop.")
            uvicorn.run(
                create_app(app), host=app.settings.host, port=app.settings.port, log_level="warning"
            )

    @cli.command()
    def worker(
        concurrency: Annotated[int, typer.Option(help="Tasks at a time.", min=1)] = 4,
    ) -> None:
        """Work on tasks from the broker."""
        from recruit.worker.celery_app import make_celery, make_wake
        from recruit.worker.listening import listening

        with open_app() as app:
            _need_broker(app)
            celery = make_celery(app.settings, lambda: app)
            app.wake = make_wake(celery)
            listener = listening(app)
            try:
                celery.Worker(pool="threads", concurrency=concurrency, loglevel="WARNING").start()
            finally:
                listener.stop()

    @cli.command()
    def beat() -> None:
        """Wake the workers on schedule."""
        from celery.beat import Scheduler, Service

        from recruit.worker.celery_app import make_celery

        with open_app() as app:
            _need_broker(app)
            Service(make_celery(app.settings, lambda: app), scheduler_cls=Scheduler).start()


def _need_broker(app: App) -> None:
    if app.settings.broker_url.startswith("memory:"):
        fail(
            "Several processes need a broker that all of them reach. Set RECRUIT_BROKER_URL, for "
            "example redis://127.0.0.1:6379/0, or use `recruit up`."
        )
