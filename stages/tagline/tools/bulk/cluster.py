"""Ray: a pool of actors that label parts.

Ray Data gets a data set of parts, not of rows: its own readers give neither the number of a row nor malformed rows, and
their blocks change with the cluster, so that an interrupted run could not be continued. Distribution, back-pressure,
retries after the loss of a process or machine, scaling and progress are Ray Data's.
"""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import tagline
from tagline.inference import AnyTagger
from tagline.terminal import UserError
from tagline.tools.bulk import parts, rows
from tagline.tools.bulk.inputs import InputFile, Scan
from tagline.tools.bulk.parts import Record
from tagline.tools.bulk.plan import Models, Plan
from tagline.tools.bulk.storage import Folder

Result = TypeVar("Result")

# Unreadable parts that a message lists.
LISTED = 5


@contextmanager
def connected(address: str | None) -> Iterator[None]:
    """Connect to a cluster, or start one on this machine, and disconnect after the block.

    Args:
        address: as `ray.init` takes it; None: RAY_ADDRESS, or else a new cluster of this machine alone.

    Raises:
        UserError: Ray is not installed, there is no cluster, or it failed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # no stage of this project reports home
    address = address or os.environ.get("RAY_ADDRESS") or "local"
    if address == "local":
        # Where Ray expects no other machine (by default Windows and macOS), it listens on the loopback interface only.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
        os.environ.setdefault("RAY_AUTH_MODE", "token")
    try:
        import ray
    except ModuleNotFoundError:
        raise UserError("Ray is not installed; `tagline bulk` needs it; run `pip install -e '.[ray]'`") from None
    environment = {"py_modules": [str(Path(tagline.__file__).parent)]}  # each worker imports this copy of the package
    try:
        ray.init(address, runtime_env=environment, logging_level=logging.WARNING)
    except ConnectionError as error:
        raise UserError(
            f"--address {address}: no Ray cluster ({_first_line(error)}); "
            "expected a running one; start it with `ray start --head`, or use --address local"
        ) from None
    try:
        yield
    except ray.exceptions.RayError as error:
        raise UserError(
            f"Ray: {_first_line(error)}; parts that are complete stay; run the same command again"
        ) from None
    finally:
        ray.shutdown()


def has_gpus() -> bool:
    """Whether a machine of the cluster has a GPU."""
    import ray

    return bool(ray.cluster_resources().get("GPU"))


def scan(files: Sequence[InputFile], part_rows: int) -> list[Scan]:
    """Read all files once, in parallel.

    Raises:
        UserError: a file is unreadable.
    """
    import ray

    remote = ray.remote(rows.scan)
    return _results([remote.remote(file, part_rows) for file in files])


def call(function: Callable[..., Result], *arguments: object) -> Result:
    """Call a function that uses Ray Data: in the cluster if this process is only a client of it (``ray://``)."""
    import ray

    if not ray.util.client.ray.is_connected():
        return function(*arguments)
    return _results([ray.remote(num_cpus=0)(function).remote(*arguments)])[0]


def _results(references: Sequence[Any]) -> Any:
    """Wait for tasks; their errors are raised as here."""
    import ray

    try:
        return ray.get(list(references))
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, UserError | OSError):
            raise error.cause from None
        raise


def tag(plan: Plan, folder: Folder, models: Models) -> Iterator[Record]:
    """Label the parts of a plan, and yield the record of each as soon as it is known."""
    import ray
    from ray.data import ActorPoolStrategy

    count = len(plan.parts)
    on_gpus = any(files.backend == "torch" for files in models.files.values()) and has_gpus()
    units = int(ray.cluster_resources().get("GPU" if on_gpus else "CPU", 1))
    indices = ray.data.from_items([{"index": index} for index in range(count)], override_num_blocks=count)
    records = indices.map(
        PartTagger,
        fn_constructor_args=(ray.put(plan), folder, ray.put(models)),
        # One core each: Python runs one thread at a time, so that processes use more cores than threads do.
        num_cpus=1,
        num_gpus=1 if on_gpus else None,
        compute=ActorPoolStrategy(min_size=1, initial_size=max(1, min(units, count)), max_tasks_in_flight_per_actor=2),
    )
    return (Record(**row) for row in records.iter_rows())


def collect(plan: Plan, folder: Folder, models: Models, strict: bool) -> list[Record]:
    """Label all parts, and return their records in the order of their names.

    Raises:
        UserError: a part could not be made, or has rows that can't be labelled and ``strict`` is set.
    """
    records: list[Record] = []
    for record in tag(plan, folder, models):
        records.append(record)
        if strict and record.not_tagged:
            raise UserError(
                f"{record.first_problem}; --strict expects that each row can be labelled; "
                "correct the input and choose a new output folder, or run again without --strict"
            )
    failures = sorted(f"{record.name}: {record.failure}" for record in records if record.failure)
    if failures:
        listed = "\n".join(failures[:LISTED])
        raise UserError(
            f"{len(failures):,} of {len(records):,} parts could not be made; "
            f"parts that are complete stay; run the same command again\n{listed}"
        )
    return sorted(records)


class PartTagger:
    """An actor that labels parts; it loads the models once, when it has the first part to label.

    Args:
        plan: reference to a `Plan`.
        folder: the output.
        models: reference to `Models`.
    """

    def __init__(self, plan: Any, folder: Folder, models: Any) -> None:
        import ray

        self._plan: Plan = ray.get(plan)
        self._folder = folder
        self._models = models
        self._tagger: AnyTagger | None = None

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        part = self._plan.parts[row["index"]]
        try:
            return parts.make(part, self._plan, self._folder, self._loaded)._asdict()
        except (UserError, OSError) as error:  # of this part; the others are labelled nevertheless
            return Record(part.name, failure=str(error))._asdict()

    def _loaded(self) -> AnyTagger:
        import ray

        if self._tagger is None:
            models: Models = ray.get(self._models)
            self._tagger = models.opened(self._plan.split_sentences)
        return self._tagger


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]
