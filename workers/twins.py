"""The simulated shops of the demo, alone: `python -m workers.twins`."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from app.core.ports import LOOPBACK, free_port
from workers.supervisor import Ended, Program, Supervisor

NAMES = ("large", "small")


def twin_ports(var_dir: Path) -> dict[str, int]:
    """A port for each twin, the same at every start while nobody else takes it."""
    path = var_dir / "twins.json"
    kept: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
    ports = {name: free_port(kept.get(name)) for name in NAMES}
    path.write_text(json.dumps(ports))
    return ports


def twin_url(port: int) -> str:
    """Where a twin answers."""
    return f"http://{LOOPBACK}:{port}"


def twin_programs(var_dir: Path, ports: dict[str, int]) -> Sequence[Program]:
    """One simulated WooCommerce shop per port; each keeps its state in a file."""
    states = var_dir / "twins"
    states.mkdir(exist_ok=True)
    return [
        Program(
            f"twin-{name}",
            [
                sys.executable,
                "-m",
                "app.simulators.woocommerce",
                *("--port", str(port), "--name", name, "--state", str(states / f"{name}.sqlite")),
            ],
        )
        for name, port in ports.items()
    ]


def main() -> None:
    """Run the twins until Ctrl-C."""
    var_dir = Path(os.environ.get("VAR_DIR", "var")).absolute()
    logs = var_dir / "log"
    logs.mkdir(parents=True, exist_ok=True)
    ports = twin_ports(var_dir)
    supervisor = Supervisor(logs, print)
    try:
        for program in twin_programs(var_dir, ports):
            supervisor.keep(program)
        for name, port in ports.items():
            print(f"{name}: {twin_url(port)}", flush=True)
        while True:
            supervisor.watch()
    except Ended:
        print("Ending.")
    finally:
        supervisor.end()


if __name__ == "__main__":
    main()
