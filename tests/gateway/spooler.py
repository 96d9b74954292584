"""A process that notes calls until it is killed: `python -m tests.gateway.spooler FOLDER PREFIX`.

It prints each call's id once `append` has returned, as an answer's last bytes would leave then.
"""

from __future__ import annotations

import sys

from gateway.metering.spool import Spool
from tests.gateway.records import a_record


def main(folder: str, prefix: str) -> None:
    spool = Spool(folder)
    number = 0
    while True:
        call_id = f"{prefix}{number:08}"
        spool.append(a_record(call_id=call_id))
        print(call_id, flush=True)
        number += 1


if __name__ == "__main__":
    main(*sys.argv[1:])
