"""`python -m app.core.embedded.erase`: end the embedded servers, delete what they kept."""

import os
import shutil
from pathlib import Path

from app.core.embedded import EmbeddedServers

if __name__ == "__main__":
    var_dir = Path(os.environ.get("VAR_DIR", "var")).absolute()
    if (var_dir / "embedded").exists():
        EmbeddedServers(var_dir).stop()
        for folder in ("pg", "redis", "media", "twins"):
            shutil.rmtree(var_dir / folder, ignore_errors=True)
