"""A process of its own that spends of a limit as fast as it can, and says how many calls were let through.

python -m tests.access.spender DATABASE_URL REDIS_URL MOST UNIT CALLS AMOUNT
"""

from __future__ import annotations

import os
import sys
import time
from decimal import Decimal


def main(database: str, redis: str, most: int, unit: str, calls: int, amount: int) -> None:
    os.environ.update(ENV_FILE=os.devnull, DATABASE_URL=database, REDIS_URL=redis)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "modelregistry.settings")

    import django

    django.setup()

    from access.keeper import Keeper
    from access.ledgers import ledger
    from access.limits import Limit, Refused, Spend

    spend = Spend(tokens=amount if unit == "tokens" else 0, usd=Decimal(amount) / 10**9)
    keeper = Keeper()
    keeper.start()
    print("ready", flush=True)
    subject, at = sys.stdin.readline().split()  # both spend of the same, in the same minute of the same clock
    limits = (Limit(subject, unit, most),)
    let_through = 0
    for _ in range(calls):
        found = ledger().reserve(limits, spend, float(at))
        if not isinstance(found, Refused):
            let_through += 1
            ledger().settle(found, spend)
        time.sleep(0.0001)
    keeper.stop()
    print(let_through, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5]), int(sys.argv[6]))
