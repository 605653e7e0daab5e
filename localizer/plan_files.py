"""The plan of a run, and how it is kept: one Parquet row per job or rejected result."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass

from localizer.errors import StorageError
from localizer.model import Job, JobResult

_FORMAT = b"1"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is going to do.

    Attributes:
        rejected: results of what cannot be done, with row and field in the reason.
        out_of_scope: (asset_id, locale) that the manifest has but that this run was not asked for.
        warnings: of the manifest.
    """

    campaign: str
    jobs: tuple[Job, ...]
    rejected: tuple[JobResult, ...] = ()
    out_of_scope: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()


def plan_to_parquet(plan: Plan) -> bytes:
    """A plan as a Parquet file: kind, key, asset_id, locale and the whole record as JSON."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = ["rejected"] * len(plan.rejected) + ["job"] * len(plan.jobs)
    records: list[JobResult | Job] = [*plan.rejected, *plan.jobs]
    keys = [result.job for result in plan.rejected] + [job.key for job in plan.jobs]
    columns = {
        "kind": kinds,
        "key": keys,
        "asset_id": [record.asset_id for record in records],
        "locale": [record.locale for record in records],
        "record": [json.dumps(record.to_dict(), ensure_ascii=False) for record in records],
    }
    facts = {
        "campaign": plan.campaign,
        "out_of_scope": [list(pair) for pair in plan.out_of_scope],
        "warnings": list(plan.warnings),
    }
    schema = pa.schema(
        [(name, pa.string()) for name in columns],
        metadata={b"format": _FORMAT, b"plan": json.dumps(facts, ensure_ascii=False).encode("utf-8")},
    )
    sink = io.BytesIO()
    pq.write_table(pa.table(columns, schema=schema), sink, compression="zstd")
    return sink.getvalue()


def plan_from_parquet(data: bytes) -> Plan:
    """The plan that `plan_to_parquet` wrote.

    Raises:
        StorageError: these bytes are no plan, or one of another format version.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(data))
        metadata = table.schema.metadata or {}
        if metadata.get(b"format") != _FORMAT:
            raise StorageError("the plan is of another format version; plan the run again")
        facts = json.loads(metadata[b"plan"])
        rows = [(row["kind"], json.loads(row["record"])) for row in table.to_pylist()]
        return Plan(
            campaign=facts["campaign"],
            jobs=tuple(Job.from_dict(record) for kind, record in rows if kind == "job"),
            rejected=tuple(JobResult.from_dict(record) for kind, record in rows if kind == "rejected"),
            out_of_scope=tuple((asset, locale) for asset, locale in facts["out_of_scope"]),
            warnings=tuple(facts["warnings"]),
        )
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(f"the plan is damaged ({error}); plan the run again") from error
