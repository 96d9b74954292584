"""How fast discovery is: 25,000 models at 40 providers, one of which lists 22,000, and what reads feel of it."""

from __future__ import annotations

import asyncio
import http.client
import threading
import tracemalloc
import urllib.request
from functools import partial
from statistics import median, quantiles
from time import sleep

from bench import child, scratch, server
from bench.report import Report, median_of, seconds

OPTIONS = scratch.enter(__doc__)  # no model can be imported before

import orjson  # noqa: E402
from django.conf import settings  # noqa: E402

from bench.lists import serving  # noqa: E402
from bench.syncing import add_provider, counted, execute, new_run, statements  # noqa: E402
from catalog.models import Provider  # noqa: E402
from discovery import fetch, launch, sources  # noqa: E402

LONGEST = 22_000
OTHERS = {f"openrouter-{number}": 77 for number in range(39)}
LISTS = {"featherless": LONGEST, **OTHERS}
MODELS = sum(LISTS.values())
TIMES = 5
READS = 100
PAGE = "/api/config/models"


def syncs(report: Report) -> None:
    with serving(**LISTS) as address:
        report.add("all new", median_of(3, partial(all_new, address)), "s", 15)
        report.add("nothing changed", median_of(TIMES, partial(seconds, unchanged)), "s", 2)
        with statements() as made:
            unchanged()
        report.add("nothing changed: statements", len(made), "", 40 * len(LISTS))
        start_over(address)
        with statements() as made:
            execute(new_run())
        report.add("all new: statements", len(made), "", 40 * len(LISTS) + MODELS // 5)


def memory(report: Report) -> None:
    with serving(**LISTS) as address:
        start_over(address)
        for what in ("all new", "nothing changed"):
            command = child.run("sync_models", "--force", "--json")
            report.add(f"command sync_models, {what}", command.seconds, "s")
            report.add(f"command sync_models, {what}: memory", command.megabytes, "MB", 250)
        report.add("a list of 22,000 as it is kept, in its bare JSON", kept(address), "x", 1.9)


def kept(address: str) -> float:
    """The memory of the long list once it is read, with what was made of it, in that of its bare JSON."""
    source = sources.source_of(Provider.objects.get(slug="featherless"), use_etag=False)
    tracemalloc.start()
    with urllib.request.urlopen(f"{address}/featherless/models") as answer:
        entries = orjson.loads(answer.read())
    bare, _ = tracemalloc.get_traced_memory()
    del entries
    before, _ = tracemalloc.get_traced_memory()
    read = asyncio.run(fetch.fetch_all([source] if source else []))
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(read) == 1
    return (after - before) / (bare - before)


def reads(report: Report) -> None:
    """A page of models, read again and again from a running server, while another process syncs the long list."""
    with serving(**LISTS) as address:
        start_over(address)
        execute(new_run(*OTHERS))
        with server.running() as port:
            page = partial(server.get, http.client.HTTPConnection("127.0.0.1", port), PAGE)
            before = [page() for _ in range(READS)]
            beside = read_beside_a_sync(page)
            alone = before + [page() for _ in range(READS)]  # by now the catalog is larger
    report.add("a page read while nothing else happens", median(alone) * 1000, "ms")
    report.add("a page read beside a sync of 22,000", median(beside) * 1000, "ms")
    report.add("the one in the other", median(beside) / median(alone), "x", 1.5)
    report.add("slowest twentieth, beside in alone", quantiles(beside, n=20)[-1] / quantiles(alone, n=20)[-1], "x", 2)


def read_beside_a_sync(page: partial[float]) -> list[float]:
    """The sync is a process of its own, started as the Refresh button starts it."""
    run = new_run("featherless")
    launch.start_process(run)
    sleep(1)  # until it reads and writes
    times = []
    while run.results.filter(finished_at=None).exists():
        times += [page() for _ in range(10)]
    for thread in threading.enumerate():
        if thread.name == f"sync {run.pk}":
            thread.join()
    assert counted(run)["new"] == LONGEST
    return times


def all_new(address: str) -> float:
    start_over(address)
    run = new_run()
    taken = seconds(partial(execute, run))
    assert counted(run)["new"] == MODELS
    scratch.settle()
    return taken


def unchanged() -> None:
    assert counted(execute(new_run()))["unchanged"] == MODELS


def start_over(address: str) -> None:
    scratch.empty()
    Provider.objects.update(is_active=False)  # those that come with the product
    for slug in LISTS:
        Provider.objects.filter(slug=slug).delete()
        add_provider(slug, f"{address}/{slug}", slug.partition("-")[0])


if __name__ == "__main__":
    report = Report(f"discovery on {settings.DATABASES['default']['ENGINE'].rpartition('.')[2]}")
    for measure in (syncs, memory, reads):
        if OPTIONS.only in measure.__name__:
            measure(report)
    report.end(check=OPTIONS.check)
