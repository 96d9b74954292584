"""A process that meters: `python -m tests.gateway.worker FOLDER serve PREFIX | flush | die`.

`serve` notes calls and brings them in until it is killed, and says each call's id once it is noted. `flush` brings in
what there is, once. `die` does so too, and is killed when a segment is in the database and not yet deleted.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any


def main(folder: str, mode: str, prefix: str = "") -> None:
    import django

    django.setup()

    from gateway.metering.flusher import Flusher
    from gateway.metering.segment import Segment
    from gateway.metering.spool import Spool
    from tests.gateway.records import a_record

    spool = Spool(folder)
    flusher = Flusher(spool)
    if mode == "serve":
        flusher.start()
        number = 0
        while True:
            call_id = f"{prefix}{number:08}"
            spool.append(a_record(call_id=call_id, model=f"acme/m-{number % 7}"))
            print(call_id, flush=True)
            number += 1
            time.sleep(0.0005)
    if mode == "die":

        def die(segment: Any) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        Segment.delete = die  # type: ignore[method-assign]
    flusher.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
