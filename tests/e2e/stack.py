"""Real processes for the journeys: what `make run` starts, on a database of its own, and shops.

`python -m workers.local` brings web, workers and scheduler up and ends them; the shops are twins
over real HTTP. Everything listens on 127.0.0.1 and dies with whoever started it.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from app.core.embedded.privileges import tied_to_parent
from app.core.ports import LOOPBACK, free_port

PROJECT = Path(__file__).resolve().parents[2]
END_SECONDS = 30


@dataclass(frozen=True)
class Twin:
    """A simulated shop and the merchant's hand in it."""

    address: str

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Post to the twin's panel; returns its answer."""
        answer = httpx.post(f"{self.address}/_twin/{path}", json=dict(body or {}), timeout=60)
        return answer.raise_for_status().json()

    def product(self, row_id: int) -> Any:
        """Return a product as the shop keeps it."""
        return httpx.get(f"{self.address}/_twin/products/{row_id}", timeout=60).json()

    def products(self) -> list[Any]:
        """Return every product as the shop keeps it."""
        ids = httpx.get(f"{self.address}/_twin/products", timeout=60).json()["ids"]
        return [self.product(row_id) for row_id in ids]

    def id_of(self, name: str) -> int:
        """Return the id of the product with this name."""
        return next(int(each["id"]) for each in self.products() if each["name"] == name)

    def writes(self, field: str) -> int:
        """Count the writes of ours that carried a field and took effect."""
        answer = httpx.get(f"{self.address}/_twin/writes", params={"field": field}, timeout=60)
        return int(answer.json()["took_effect"])


@dataclass(frozen=True)
class Stack:
    """The running app: where it answers and what its processes know."""

    address: str
    environment: Mapping[str, str]
    log: Path

    def run(self, module: str, **environment: str) -> str:
        """Run a program of the project beside the app; returns what it said."""
        done = subprocess.run(
            [sys.executable, "-m", module],
            cwd=PROJECT,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout

    def told(self, module: str, **environment: str) -> Any:
        """Run a program whose last line is JSON; returns it."""
        return json.loads(self.run(module, **environment).splitlines()[-1])


@contextmanager
def program(
    arguments: list[str], environment: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[str]]:
    """Start a program of the project; ends it, and all it started, by its own way of ending."""
    with log.open("w") as errors:
        started = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=PROJECT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
            preexec_fn=tied_to_parent(signal.SIGTERM),
        )
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()
        if started.stdout is not None:
            started.stdout.close()


@contextmanager
def running_app(var_dir: Path, urls: Mapping[str, str]) -> Iterator[Stack]:
    """The app in its processes, migrated and empty, until the end of the block."""
    port = free_port()
    environment = {
        **os.environ,
        **urls,
        "VAR_DIR": str(var_dir),
        "PORT": str(port),
        "PUBLIC_URL": f"http://{LOOPBACK}:{port}",
        "DEMO": "0",
        "LOG_LEVEL": "WARNING",
        "WEB_CONCURRENCY": "1",
        # Pictures that files point to lie elsewhere: nothing of ours may ask for them here.
        "HTTPS_PROXY": f"http://{LOOPBACK}:9",
        "NO_PROXY": LOOPBACK,
    }
    environment.pop("PYTEST_XDIST_WORKER", None)
    log = var_dir / "local.log"
    with program(["workers.local"], environment, log) as started:
        assert started.stdout is not None
        for line in started.stdout:
            if line.startswith("Ready:"):
                break
        else:
            raise AssertionError(f"The app did not start: {log.read_text()}")
        kept = json.loads((var_dir / "secrets.json").read_text())
        yield Stack(f"http://{LOOPBACK}:{port}", {**environment, **kept}, log)


@contextmanager
def running_twin(
    var_dir: Path, name: str, *more: str, channel: str = "woocommerce"
) -> Iterator[Twin]:
    """A simulated shop that keeps nothing, until the end of the block."""
    arguments = [f"app.simulators.{channel}", "--port", "0", "--name", name, *more]
    with program(arguments, os.environ, var_dir / "twin.log") as shop:
        assert shop.stdout is not None
        yield Twin(shop.stdout.readline().rpartition(": ")[2].strip())
