"""A Chromium for the journeys: found, or installed: `python -m tests.e2e.browser`.

Playwright's own when it is there, else one on PATH, else from the system's packages when we are
root, else Playwright's download. Without any the run fails with a sentence; it never skips.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
QUIET = (
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
MISSING = (
    "No Chromium was found for the browser tests, and none could be installed. "
    "Install one (Debian: apt-get install chromium) or run: .venv/bin/playwright install chromium"
)


def launch_arguments() -> list[str]:
    """Arguments for a browser that talks to nobody but the pages under test."""
    return [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


def find_chromium() -> Path:
    """The Chromium to drive, installed if need be; exits with a sentence when there is none."""
    for install in (None, _by_system, _by_playwright):
        if install is not None:
            install()
        found = _downloaded() or _on_path()
        if found is not None:
            return found
    sys.exit(MISSING)


def _downloaded() -> Path | None:
    chosen = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    folder = Path(chosen) if chosen else Path.home() / ".cache" / "ms-playwright"
    found = sorted(folder.glob("chromium-*/chrome-linux*/chrome"))
    return found[-1] if found else None


def _on_path() -> Path | None:
    for name in NAMES:
        found = shutil.which(name)
        # Some systems put a script there that only tells how to install the real one.
        if found and _succeeds([found, "--version"]):
            return Path(found)
    return None


def _by_system() -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    wait = ["-o", "DPkg::Lock::Timeout=300"]
    fonts = ["fonts-noto-core", "fonts-thai-tlwg"]
    print("Installing Chromium for the browser tests with apt-get.", flush=True)
    if _succeeds(["apt-get", *wait, "-qq", "update"]):
        install = ["apt-get", *wait, "-qq", "install", "-y", "--no-install-recommends", "chromium"]
        if not _succeeds([*install, *fonts]):
            _succeeds(install)


def _by_playwright() -> None:
    print("Downloading Playwright's Chromium for the browser tests.", flush=True)
    _succeeds([sys.executable, "-m", "playwright", "install", "chromium"])


def _succeeds(command: list[str]) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, timeout=600, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


if __name__ == "__main__":
    print(f"Chromium: {find_chromium()}")
