"""The list of what the product is made of names every pin with its hashes."""

from __future__ import annotations

import json
import re
import subprocess
import sys

from tests.conftest import ROOT


def test_every_pin_is_listed_with_its_hashes() -> None:
    said = subprocess.run([sys.executable, ".ci/sbom.py"], cwd=ROOT, capture_output=True, text=True, check=True)

    document = json.loads(said.stdout)

    pins = set()
    for name in ("requirements.txt", "requirements-scale.txt"):
        pins |= set(re.findall(r"^([A-Za-z0-9._-]+)[^=\n]*==", (ROOT / name).read_text(), re.MULTILINE))
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.5")
    assert {component["name"] for component in document["components"]} == pins
    assert all(component["hashes"] for component in document["components"])
