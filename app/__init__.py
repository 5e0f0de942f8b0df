"""SyncStore: one true catalog, stock and order book across every sales channel."""

import importlib
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from flask import Flask

    from app.core.settings import Settings

PROJECT: Final = Path(__file__).resolve().parent.parent


def create_app(settings: "Settings | None" = None) -> "Flask":
    """Build the web application: the only place where everything meets."""
    from flask import Flask
    from flask_migrate import Migrate

    from app import registry
    from app.core import boot, db, kv
    from app.core import settings as process
    from app.core.logging import configure_logging
    from app.core.migrations import MigrationHandle
    from app.web.job_dashboard import mount_job_dashboard
    from app.web.probes import install_probes
    from app.web.wiring import install_web

    settings = settings or boot.boot_settings()
    if settings.is_production:
        boot.refuse_open_database(settings)
    process.install(settings)
    configure_logging(settings.log_level)
    app = Flask(
        "syncstore",
        root_path=str(PROJECT),
        template_folder=str(PROJECT / "templates"),
        static_folder=str(PROJECT / "static"),
    )
    app.config["SECRET_KEY"] = settings.secret_key
    app.config["SETTINGS"] = settings
    app.config["MAX_CONTENT_LENGTH"] = 2 * 1024 * 1024
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    db.connect(settings.database_url)
    kv.connect(settings.redis_url)
    install_web(app, settings)
    install_probes(app)
    mount_job_dashboard(app, redis_url=settings.redis_url)
    for feature in registry.FEATURES:
        _install_feature(app, feature)
    handle = MigrationHandle(db.Base.metadata, settings.database_owner_url, settings.database_url)
    Migrate(app, handle, directory=str(PROJECT / "migrations"))
    return app


def _install_feature(app: "Flask", feature: str) -> None:
    """Import what a feature has, register its blueprint and commands, run its `install(app)`."""
    for role in ("models", "wiring", "views", "api", "hooks", "cli"):
        if find_spec(f"app.{feature}.{role}") is not None:
            _install_module(app, importlib.import_module(f"app.{feature}.{role}"))


def _install_module(app: "Flask", module: ModuleType) -> None:
    if (blueprint := getattr(module, "bp", None)) is not None:
        app.register_blueprint(blueprint)
    for command in getattr(module, "commands", ()):
        app.cli.add_command(command)
    if (install := getattr(module, "install", None)) is not None:
        install(app)
