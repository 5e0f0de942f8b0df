"""`python -m workers.bench [GROUP …] [--docs]`: measure, print, write var/bench.json."""

import argparse
import os
import platform
import re
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Final

from app.core import clock
from workers.assets import PROJECT
from workers.bench import (
    importing,
    intake,
    ledger,
    listing,
    ordering,
    points,
    pushing,
    reconciling,
    report,
    selling,
    streams,
)
from workers.bench.report import Row
from workers.bench.stage import Stage, staged

Group = Callable[[Stage], Iterator[Row]]
GROUPS: Final[Mapping[str, Group]] = {
    "intake": intake.measure,
    "push": pushing.measure,
    "points": points.measure,
    "reconcile": reconciling.measure,
    "streams": streams.measure,
    "import": importing.measure,
    "list": listing.measure,
    "ledger": ledger.measure,
    "orders": ordering.measure,
    "selling": selling.measure,
}


def main() -> int:
    """Measure the groups that were named, or all of them; returns 1 when one could not be."""
    chosen = _arguments()
    signal.signal(signal.SIGTERM, _end)
    var_dir = Path(os.environ.get("VAR_DIR", "var")).absolute()
    var_dir.mkdir(parents=True, exist_ok=True)
    failed: list[str] = []
    rows = []
    for row in measured(chosen.groups or list(GROUPS), var_dir, failed, scale=chosen.scale):
        rows.append(row)
        print("  ".join(report.cells(row)), flush=True)
        (var_dir / "bench.json").write_text(report.to_json(rows))
    print(report.table(rows))
    if chosen.docs:
        day = clock.now().date().isoformat()
        written = report.document(rows, machine=machine(), day=day)
        (PROJECT / "docs" / "benchmarks.md").write_text(written)
    if failed:
        print(f"Not measured: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


def machine() -> str:
    """Say what this runs on."""
    names = re.findall(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    kilobytes = re.search(r"^MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text(), re.MULTILINE)
    gigabytes = round(int(kilobytes[1]) / 1_048_576) if kilobytes else 0
    kind = names[0] if names else platform.machine()
    python = platform.python_version()
    return f"{os.cpu_count()} cores ({kind}), {gigabytes} GB of memory, Python {python}"


def measured(
    names: Sequence[str], var_dir: Path, failed: list[str], *, scale: float
) -> Iterator[Row]:
    """Run groups one after the other on one stage; one that breaks off hinders none after it."""
    with (
        tempfile.TemporaryDirectory(dir=var_dir, prefix="bench-") as folder,
        staged(Path(folder), scale=scale) as stage,
    ):
        for name in names:
            began = time.monotonic()
            try:
                yield from GROUPS[name](stage)
            except Exception:
                traceback.print_exc()
                failed.append(name)
            print(f"({name}: {time.monotonic() - began:.0f} s)", file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m workers.bench")
    parser.add_argument("groups", nargs="*", choices=[*GROUPS, []], metavar="GROUP")
    parser.add_argument("--scale", type=float, default=float(os.environ.get("BENCH_SCALE", "1")))
    parser.add_argument("--docs", action="store_true", help="write docs/benchmarks.md, too")
    return parser.parse_args()


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit("Ended.")


if __name__ == "__main__":
    sys.exit(main())
