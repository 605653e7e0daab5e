"""
### Localize a catalog, a partition at a time

Each run takes the manifest of its data interval, `LOCALIZER_CATALOG_MANIFEST`, such as
`gs://bucket/catalog/{{ data_interval_start | ds }}/manifest.parquet`, and publishes it as a campaign of its
own, `catalog-<date>`, so runs depend on nothing but their partition. A partition without a manifest is
skipped. The tasks are those of `localize_campaign`.

Backfill from the UI, or with

    airflow backfill create --dag-id localize_catalog --from-date 2026-01-01 --to-date 2026-01-31

Reprocessing (`--reprocess-behavior completed`) edits only what changed since. Campaigns go first: a catalog
gets the slots of the pool `image_edit` that no campaign waits for, one shard after another.
Where there are tenants, `{tenant}` in the template stands for the tenant's name.

| environment | |
|---|---|
| `LOCALIZER_CATALOG_MANIFEST` | where manifests are, a Jinja template; the DAG starts paused without it |
| `LOCALIZER_CATALOG_CRON` | when a data interval ends, UTC; default every day at midnight |
| `LOCALIZER_CATALOG_DEFAULTS` | parameters of scheduled runs, JSON: `{"brand": "/path/brand.yaml"}` |
| `LOCALIZER_CATALOG_SHARDS` | most shards at once, over all runs; set it below the pool to keep slots free |
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import CronDataIntervalTimetable, Param

from operators.form import LOCATION, ROOT, run_params
from operators.notices import RunNotices
from operators.partitions import partition_campaign, require_interval
from operators.pipeline import CATALOG_PRIORITY, add_tasks, default_args
from operators.tenant_dags import tenant_dag, tenants_here
from operators.tenants import dag_id_of

TEMPLATE = os.environ.get("LOCALIZER_CATALOG_MANIFEST", "")
USUAL = TEMPLATE or f"{ROOT}/out/catalog/{{{{ data_interval_start | ds }}}}/manifest.csv"
CRON = os.environ.get("LOCALIZER_CATALOG_CRON") or "0 0 * * *"
SHARDS = int(os.environ.get("LOCALIZER_CATALOG_SHARDS") or 0)
DEFAULTS: dict[str, Any] = {
    "approval": "exceptions_only",
    **json.loads(os.environ.get("LOCALIZER_CATALOG_DEFAULTS") or "{}"),
}

manifest = Param(
    None,
    type=["string", "null"],
    pattern=LOCATION,
    title="Manifest",
    description_md="Empty: the partition's own. Else an absolute path or gs://, taken as it stands.",
    examples=["gs://bucket/catalog/2026-11-11/manifest.parquet"],
)

notices = RunNotices.of_installation()

for tenant in tenants_here(__file__):
    usual = USUAL.replace("{tenant}", tenant.name) if tenant else USUAL
    with tenant_dag(
        tenant,
        dag_id_of("localize_catalog", tenant),
        # Of real intervals: a plain cron string makes runs whose interval begins where it ends.
        schedule=CronDataIntervalTimetable(CRON, timezone="UTC"),
        start_date=datetime(2020, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=2,
        is_paused_upon_creation=not TEMPLATE,
        default_args=default_args(CATALOG_PRIORITY),
        params=run_params(manifest, defaults=DEFAULTS),
        user_defined_macros={"partition_campaign": partition_campaign, "require_interval": require_interval},
        render_template_as_native_obj=True,
        tags=["localization", "images", "catalog"],
        doc_md=__doc__,
        notices=notices,
    ):
        add_tasks(
            # What a run is given is a value here, never a template.
            manifest="{% if params.manifest %}{{ params.manifest }}{% else %}"
            "{{ require_interval(data_interval_start) }}" + usual + "{% endif %}",
            # As JSON: native templates would take 2026_06 for a number.
            campaign="{% set name = params.campaign or partition_campaign(data_interval_start) %}"
            "{{ name if name is none else name | tojson }}",
            usual_engine=DEFAULTS.get("engine", "typeset"),
            missing_ok=True,
            notices=notices,
            **({"max_active_tis_per_dag": SHARDS} if SHARDS else {}),
        )
