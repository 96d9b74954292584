"""Write what the product is made of as CycloneDX JSON, from the pins: `make sbom`."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)([^\n]*(?:\n    --hash=[^\n]*)*)", re.MULTILINE)
HASH = re.compile(r"sha256:([0-9a-f]{64})")


def components(pins: str, scope: str) -> list[dict[str, object]]:
    """One entry a pin. The hashes are those of the files it may be installed from."""
    return [
        {
            "type": "library",
            "bom-ref": f"pkg:pypi/{name}@{version}",
            "name": name,
            "version": version,
            "purl": f"pkg:pypi/{name}@{version}",
            "scope": scope,
            "hashes": [{"alg": "SHA-256", "content": digest} for digest in HASH.findall(rest)],
        }
        for name, version, rest in PIN.findall(pins)
    ]


def document() -> dict[str, object]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = components((ROOT / "requirements.txt").read_text("utf-8"), "required")
    extra = components((ROOT / "requirements-scale.txt").read_text("utf-8"), "optional")
    known = {component["purl"] for component in needed}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "name": project["name"], "version": project["version"]},
        },
        "components": needed + [component for component in extra if component["purl"] not in known],
    }


if __name__ == "__main__":
    json.dump(document(), sys.stdout, indent=2)
    print()
