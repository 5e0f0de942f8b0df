"""Imports: variants a second from a file to validated rows, against COPY of the same rows.

Each import runs in a process of its own (`python -m workers.bench.importing ORGANIZATION FILE`), as
a worker's job does, which then says how long it took and how much memory it held at most.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from app.catalog import imports
from app.core.actor import job_actor
from app.core.work import unit_of_work
from workers.bench import copying
from workers.bench.report import Row, against, at_least, below, told
from workers.bench.stage import Stage
from workers.bench.wire import median
from workers.start import start

TURNS: Final = 3
SMALL: Final = 20_000
LARGE: Final = 100_000
VARIANTS: Final = 4
SIZES: Final = ("Small", "Medium", "Large", "Extra large")
THINGS: Final = ("Mug", "Bowl", "Teapot", "Lamp", "Cushion", "Blanket", "Vase", "Candle")
STYLES: Final = ("Stoneware", "Nordic", "Harvest", "Coastal", "Studio", "Garden", "Midnight")
HEADER: Final = (
    "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,"
    "Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,"
    "Variant Price,Variant Barcode,Image Src,Image Position,Status\r\n"
)


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of the dry run and of the import itself, and the most memory held, in MB."""

    check: float
    apply: float
    peak: float
    new_variants: int


def lines(variants: int) -> Iterator[str]:
    """Yield a file in Shopify's format: products of four sizes, one picture each."""
    yield HEADER
    for number in range(variants):
        product, slot = divmod(number, VARIANTS)
        style, thing = STYLES[product % len(STYLES)], THINGS[product // 7 % len(THINGS)]
        about, picture = ",,,,,", ",,"
        if slot == 0:
            about = (
                f'{style} {thing.lower()} no. {product},"<p>A {thing.lower()} made in small batches'
                f', checked by hand.</p>",Acme,{thing}s,"{style}, handmade",true'
            )
            picture = f"https://cdn.example.com/{product}.jpg,1,active"
        yield (
            f"thing-{product},{about},Size,{SIZES[slot]},SKU-{number:07d},{number % 5000},shopify,"
            f"{number % 300},deny,{10 + number % 90}.{number % 100:02d},,"
            f"{picture}\r\n"
        )


def measure(stage: Stage) -> Iterator[Row]:
    """Yield variants a second, their share of COPY, and the memory of small and large files."""
    took, copied = [], []
    small, large = stage.scaled(SMALL, least=400), stage.scaled(LARGE, least=2_000)
    for turn in range(TURNS):
        actor = stage.organization(f"Import {turn}")
        took.append(_imported(stage, actor.organization, small))
        with stage.owning() as connection:
            copied.append(copying.seconds(connection, actor.organization))
    rates = [each.new_variants / each.apply for each in took]
    copies = [each.new_variants / seconds for each, seconds in zip(took, copied, strict=True)]
    yield at_least("Catalog import", median(rates), "variants/s", 10_000)
    yield against(
        "Catalog import and COPY", median(rates), "variants/s", median(copies), at_least=0.1
    )
    checks = [small / each.check for each in took]
    yield told("Catalog import, dry run", median(checks), "variants/s")
    whole = _imported(stage, stage.organization("Import whole").organization, large)
    name = f"Catalog import of {large:,} variants"
    yield told(name, whole.new_variants / whole.apply, "variants/s")
    least = median([each.peak for each in took])
    yield below(f"{name}, memory", whole.peak, "MB", round(1.25 * least), limit=least)


def _imported(stage: Stage, organization_id: UUID, variants: int) -> Took:
    path = stage.folder / f"import-{organization_id}.csv"
    with path.open("w", newline="") as stream:
        stream.writelines(lines(variants))
    done = subprocess.run(
        [sys.executable, "-m", "workers.bench.importing", str(organization_id), str(path)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    took = Took(**json.loads(done.stdout.splitlines()[-1]))
    if took.new_variants != variants:
        raise RuntimeError(f"{took.new_variants} of {variants} variants came in.")
    return took


def run(organization_id: UUID, path: Path) -> Took:
    """Check and apply a file."""
    actor = job_actor(organization_id)
    with path.open("rb") as stream, unit_of_work(actor) as work:
        import_id = imports.start_import(work, path.name, stream).id
        imports.request_check(work, import_id)
    began = time.monotonic()
    imports.run_import(actor, import_id)
    checked = time.monotonic()
    with unit_of_work(actor) as work:
        imports.request_apply(work, import_id)
    asked = time.monotonic()
    imports.run_import(actor, import_id)
    applied = time.monotonic()
    with unit_of_work(actor) as work:
        new = int(imports.get_import(work, import_id).counts["new_variants"])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Took(checked - began, applied - asked, peak, new)


def main() -> None:
    """Import one file into one organization."""
    start()
    took = run(UUID(sys.argv[1]), Path(sys.argv[2]))
    fields = ("check", "apply", "peak", "new_variants")
    print(json.dumps({name: getattr(took, name) for name in fields}))


if __name__ == "__main__":
    main()
