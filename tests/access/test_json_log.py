"""The log as JSON, written by a real process."""

from __future__ import annotations

import json
import logging

from access.json_log import JsonFormatter
from tests.test_settings import GOOD, manage


def test_a_line_is_an_object_with_its_request_and_its_trouble() -> None:
    try:
        raise ValueError("bad\nvalue")
    except ValueError as error:
        record = logging.LogRecord(
            "access", logging.ERROR, "f", 1, "told %s", ("ä\n",), (type(error), error, error.__traceback__)
        )
    record.request_id = "r-1"

    line = JsonFormatter().format(record)

    said = json.loads(line)
    assert "\n" not in line
    assert (said["level"], said["logger"], said["requestId"], said["message"]) == ("ERROR", "access", "r-1", "told ä\n")
    assert said["time"].endswith("Z") and said["exception"].endswith("ValueError: bad\nvalue")


def test_the_environment_chooses_the_form() -> None:
    code = "import logging; logging.getLogger('x').warning('hello')"

    said = manage("shell", "-c", code, **GOOD, LOG_FORMAT="json")

    assert json.loads(said.stderr.splitlines()[-1])["message"] == "hello"
    assert "registry.E014" in manage("check", **GOOD, LOG_FORMAT="xml").stderr
