"""The product's settings with a queue of its own and short waits, for workers that tests start."""

from __future__ import annotations

import os

from modelregistry.settings import *  # noqa: F403

CELERY_TASK_DEFAULT_QUEUE = os.environ["TEST_QUEUE"]
CELERY_BEAT_SCHEDULE = {"sync what is due": {"task": "sync_due", "schedule": 1.0, "options": {"expires": 5}}}
if os.environ["CELERY_BROKER_URL"].startswith("redis"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3}
