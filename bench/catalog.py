"""How fast the catalog is: moves and syncs of 10,000 models, lists of 100,000, and the second start of the server."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from statistics import median
from time import perf_counter

from bench import child, scratch, server
from bench.report import Report, median_of, seconds

OPTIONS = scratch.enter(__doc__)  # no model can be imported before

from django.conf import settings  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.db import transaction  # noqa: E402
from django.db.models import F  # noqa: E402
from django.test import Client  # noqa: E402

from bench.lists import serving  # noqa: E402
from bench.syncing import BENCH, add_provider, counted, execute, new_run, statements  # noqa: E402
from catalog import lifecycle, registration  # noqa: E402
from catalog.models import AIModel, Change, ChangeSet, Price, Provider, Status  # noqa: E402
from discovery.garbage import rarely_collected  # noqa: E402

MODELS = 10_000
MANY = 100_000
PROVIDERS = 40
PAIRS = 5
TIMES = 7
FEW = MODELS // 50  # statements; more would be one for every few rows
SLUG = "bench"

PAGES = {
    "admin list": "/admin/catalog/aimodel/",
    "admin list, second half": "/admin/catalog/aimodel/?p=1200",
    "admin list, one status": "/admin/catalog/aimodel/?status=pending",
    "admin list, three filters": "/admin/catalog/aimodel/?provider=openrouter-3&category=text&can=tools",
    "admin list, search": "/admin/catalog/aimodel/?q=claude+99",
    "admin list, search in vain": "/admin/catalog/aimodel/?q=nothing-like-it",
    "API list": "/api/config/models",
    "API list, second half": "/api/config/models?page=600",
    "API list, one status": "/api/config/models?status=pending",
    "API list, three filters": "/api/config/models?provider=openrouter-3&category=text&capability=tools",
    "API list, search": "/api/config/models?search=claude+99",
    "API list, search in vain": "/api/config/models?search=nothing-like-it",
    "API list, by price": "/api/config/models?ordering=inputPricePerMtok",
}
OVERVIEWS = {  # pages of many numbers and lists at once
    "home": "/admin/",
    "management panel": "/admin/panel",
    "management panel, page 500": "/admin/panel?pending=500",
    "management panel, search": "/admin/panel?q=claude+99",
}
SORTED = ("API list, by price",)  # no index has this order: all rows are read and sorted


def moves(report: Report) -> None:
    """Bulk moves of models that are all pending, as the admin and as the API ask for them."""
    fill(MODELS)
    ids = list(AIModel.objects.values_list("pk", flat=True))

    def approve() -> float:
        return undone(lambda: lifecycle.move(AIModel.objects.filter(status=Status.PENDING), "approve", BENCH))

    def enable() -> float:
        return undone(lambda: registration.set_statuses(ids, Status.ENABLED, BENCH))

    report.add("approve 10,000", median_of(TIMES, approve), "s", 1)
    report.add("enable 10,000 by id", median_of(TIMES, enable), "s", 1)
    with statements() as made:
        approve()
    report.add("statements of the approval", len(made), "", FEW)


def undone(work: Callable[[], object]) -> float:
    """How long it takes, its commit too; then everything is pending as before, and nothing is left behind."""
    taken = seconds(work)
    AIModel.objects.update(status=Status.PENDING)
    ChangeSet.objects.all().delete()
    scratch.settle()
    return taken


def syncs(report: Report) -> None:
    with serving(openrouter=MODELS) as address:
        pairs = [new_and_bare(f"{address}/openrouter") for _ in range(PAIRS)]
        report.add("sync, all new", median(new for new, _ in pairs), "s")
        report.add("bare bulk_create of the same rows", median(bare for _, bare in pairs), "s")
        report.add("sync, all new, in bare ones", median(new / bare for new, bare in pairs), "x", 1.5)

        start_over(f"{address}/openrouter")
        with statements() as made:
            done = execute(new_run(SLUG))
        assert counted(done)["new"] == MODELS
        report.add("statements of a sync, all new", len(made), "", MODELS // 10)
        scratch.settle()
        report.add("sync, nothing changed", median_of(TIMES, partial(seconds, unchanged)), "s", 0.3)
        with statements() as made:
            unchanged()
        report.add("statements of a sync, nothing changed", len(made), "", FEW)

        start_over(f"{address}/openrouter")
        for what in ("all new", "nothing changed"):
            command = child.run("sync_models", "--providers", SLUG, "--force", "--json")
            report.add(f"command sync_models, {what}", command.seconds, "s")
            report.add(f"command sync_models, {what}: memory", command.megabytes, "MB", 200)


def start_over(address: str) -> None:
    scratch.empty()
    add_provider(SLUG, address, "openrouter")


def unchanged() -> None:
    assert counted(execute(new_run(SLUG)))["unchanged"] == MODELS


def new_and_bare(address: str) -> tuple[float, float]:
    """The seconds of a sync into an empty catalog, and of writing the rows it made, ready as they are."""
    start_over(address)
    run = new_run(SLUG)
    new = seconds(lambda: execute(run))
    tables = (ChangeSet, AIModel, Price, Change)
    rows = [list(table._default_manager.order_by("pk")) for table in tables]
    assert [len(found) > MODELS * 0.9 for found in rows] == [False, True, True, True]
    provider = Provider.objects.get(slug=SLUG)
    scratch.empty()
    provider.save(force_insert=True)

    def bare() -> None:
        with rarely_collected(), transaction.atomic():
            for table, found in zip(tables, rows, strict=True):
                table._default_manager.bulk_create(found)

    return new, seconds(bare)


def lists(report: Report) -> None:
    fill(MANY)
    for number, status in enumerate(Status.values):  # half of them stay pending
        AIModel.objects.annotate(turn=F("pk") % 10).filter(turn=number).update(status=status)
    scratch.settle()
    client = signed_in()
    for what, url in {**PAGES, **OVERVIEWS}.items():
        page = partial(client.get, url)
        page()
        with statements() as made:
            answer = page()
        assert answer.status_code == 200, answer
        at_most = 150 if what not in SORTED else None
        report.add(what, median_of(TIMES, partial(seconds, page)) * 1000, "ms", at_most)
        report.add(f"{what}: statements", len(made), "", 20 if what in OVERVIEWS else 12)


def signed_in() -> Client:
    client = Client(headers={"host": "localhost"})
    client.force_login(get_user_model().objects.create_superuser("bench"))
    return client


def fill(count: int) -> None:
    """That many models of 40 providers, as syncs would have made them."""
    scratch.empty()
    slugs = [f"openrouter-{number}" for number in range(PROVIDERS)]
    with serving(**dict.fromkeys(slugs, count // PROVIDERS)) as address:
        for slug in slugs:
            add_provider(slug, f"{address}/{slug}", "openrouter")
        execute(new_run(*slugs))
    scratch.settle()


def starts(report: Report) -> None:
    """The server on a database that an earlier start has prepared."""
    scratch.empty()

    def start() -> float:
        begun = perf_counter()
        with server.running():
            return perf_counter() - begun

    start()
    report.add("second start until it answers", median_of(TIMES, start), "s", 3)


if __name__ == "__main__":
    report = Report(f"catalog on {settings.DATABASES['default']['ENGINE'].rpartition('.')[2]}")
    for measure in (moves, syncs, lists, starts):
        if OPTIONS.only in measure.__name__:
            measure(report)
    report.end(check=OPTIONS.check)
