"""The simulated shops of the demo, alone: `python -m workers.twins`."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from app.core.ports import LOOPBACK, free_port
from workers.supervisor import Ended, Program, Supervisor

# Names are of files, ports and variables; the second word is what the shop calls itself.
WOOCOMMERCE: Final = {"large": "Acme web shop", "small": "Acme outlet"}
SHOPIFY: Final = {"boutique": "Acme boutique"}
# The merchant's own app at the simulated Shopify, as its developer dashboard would show it.
CLIENT_ID: Final = "3d3b2f0c9f6e4c1a8b7d5e2f1a0c9b8d"
CLIENT_SECRET: Final = "shpss_demo"  # noqa: S105 (opens a simulated shop on this machine)


def twin_ports(var_dir: Path) -> dict[str, int]:
    """A port for each twin, the same at every start while nobody else takes it."""
    path = var_dir / "twins.json"
    kept: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
    ports = {name: free_port(kept.get(name)) for name in (*WOOCOMMERCE, *SHOPIFY)}
    path.write_text(json.dumps(ports))
    return ports


def twin_url(port: int) -> str:
    """Where a twin answers."""
    return f"http://{LOOPBACK}:{port}"


def twin_programs(var_dir: Path, ports: dict[str, int]) -> Sequence[Program]:
    """One simulated shop per port; each keeps its state in a file."""
    states = var_dir / "twins"
    states.mkdir(exist_ok=True)
    app_keys = ("--client-id", CLIENT_ID, "--client-secret", CLIENT_SECRET)
    kinds = [
        *((name, "woocommerce", called, ()) for name, called in WOOCOMMERCE.items()),
        *((name, "shopify", called, app_keys) for name, called in SHOPIFY.items()),
    ]
    return [
        Program(
            f"twin-{name}",
            [
                *(sys.executable, "-m", f"app.simulators.{kind}"),
                *("--port", str(ports[name]), "--name", called),
                *("--state", str(states / f"{name}.sqlite"), *more),
            ],
        )
        for name, kind, called, more in kinds
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
