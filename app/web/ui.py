"""The `ui` of templates: every macro under templates/ui/ by its name, and icons drawn inline."""

import json
import logging
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from flask import Flask, current_app, g, request, url_for
from jinja2 import Environment
from markupsafe import Markup

log = logging.getLogger(__name__)

_MACRO: Final = re.compile(r"{%-?\s*macro\s+([a-z]\w*)\s*\(")
_ICON: Final = Markup(
    '<svg class="icon {}" viewBox="0 0 24 24" width="16" height="16" fill="none" '
    'stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" '
    "{}>{}</svg>"
)


@lru_cache(maxsize=4)
def _drawings(path: Path, changed_at: float) -> dict[str, str]:
    if not changed_at:
        return {}
    drawings: dict[str, str] = json.loads(path.read_text())
    return drawings


def icon_names() -> frozenset[str]:
    """Return the icons that were built into static/vendor."""
    return frozenset(_icons())


def _icons() -> dict[str, str]:
    return _drawings(*_icons_file())


def _icons_file() -> tuple[Path, float]:
    """Return where the icons lie and their age, looked at once in a request."""
    if "icons_file" not in g:
        path = Path(current_app.static_folder or "static") / "vendor" / "icons.json"
        g.icons_file = (path, path.stat().st_mtime if path.exists() else 0.0)
    found: tuple[Path, float] = g.icons_file
    return found


def icon(name: str, size: str = "", label: str = "") -> Markup:
    """Draw a Lucide icon inline; decorative unless it gets a label."""
    return _drawn(*_icons_file(), name, size, label)


@lru_cache(maxsize=2_000)
def _drawn(path: Path, changed_at: float, name: str, size: str, label: str) -> Markup:
    drawings = _drawings(path, changed_at)
    if drawings and name not in drawings:
        log.warning("The icon %s is not built; run `npm run build`.", name)
    meaning = (
        Markup('role="img" aria-label="{}"').format(label)
        if label
        else Markup('aria-hidden="true"')
    )
    return _ICON.format(size, meaning, Markup(drawings.get(name, "")))  # noqa: S704 (our own build)


def asset(name: str) -> str:
    """Return the URL of a static file, with its age in it so that browsers may keep it for ever."""
    path = Path(current_app.static_folder or "static") / name
    version = int(path.stat().st_mtime) if path.exists() else 0
    return url_for("static", filename=name, v=version)


def html_attrs(*given: Mapping[str, Any]) -> Markup:
    """Write attributes; `hx_post` becomes hx-post, None and False leave one out, True is bare."""
    written: dict[str, Any] = {}
    for mapping in given:
        written.update({k.rstrip("_").replace("_", "-"): v for k, v in mapping.items()})
    return Markup("").join(
        Markup(" {}").format(name) if value is True else Markup(' {}="{}"').format(name, value)
        for name, value in written.items()
        if value is not None and value is not False
    )


def with_args(**changes: Any) -> str:
    """Return this page's address with other arguments; None removes one, cursors start anew."""
    arguments: dict[str, Any] = request.args.to_dict(flat=False)
    for cursor in {"before", "after"} - set(changes):
        arguments.pop(cursor, None)
    arguments.update(changes)
    kept = {k: v for k, v in arguments.items() if v is not None and v not in ("", [""])}
    return request.path + ("?" + urlencode(kept, doseq=True) if kept else "")


class Macros:
    """Looks macros up by name: `ui.badge` is `badge` in whichever file of templates/ui has it."""

    def __init__(self, environment: Callable[[], Environment]) -> None:
        self._environment = environment
        self._homes: dict[str, str] = {}

    def _read_homes(self) -> None:
        environment = self._environment()
        loader = environment.loader
        if loader is None:
            return
        for name in environment.list_templates(filter_func=lambda name: name.startswith("ui/")):
            for macro in _MACRO.findall(loader.get_source(environment, name)[0]):
                self._homes[macro] = name

    def __getattr__(self, name: str) -> Any:
        if name == "icon":
            return icon
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._homes:
            self._read_homes()
        if name not in self._homes:
            raise AttributeError(f"There is no ui.{name} under templates/ui/.")
        return getattr(self._environment().get_template(self._homes[name]).module, name)


macros: Final = Macros(lambda: current_app.jinja_env)


def install_ui(app: Flask) -> None:
    """Make `ui`, `asset`, `html_attrs` and `with_args` known to every template of this app."""
    app.jinja_env.globals.update(ui=macros, asset=asset, html_attrs=html_attrs, with_args=with_args)
