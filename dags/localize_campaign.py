"""
### Localize one campaign

Reads a manifest of image edits, makes every image in every target locale, checks each one, asks for
approval and publishes what was approved as one immutable release. Before that, once for the whole run, it
looks for the words: what the copy deck lacks is drafted by the brand's translators, or waits for the deck.

| task | what it does |
|---|---|
| `prepare_copy` | finds what the images need in words: from the deck, approved before, or as drafts |
| `approve_copy` | asks a person about drafts before any image is made, if `copy_approval` says so |
| `load_manifest` | reads the manifest and plans the jobs; a wrong row becomes a `failed` result |
| `edit_images` | one mapped task per image (beyond 64, per shard of some minutes): edit, check, try again |
| `quality_gate` | gathers the results, writes the report, stops a run that went wrong as a whole |
| `review` | asks a person once, under *Required actions*, if the parameter `approval` says so |
| `publish` | publishes exactly what the recorded decisions name, and moves the pointer last |
| `report` | writes the report again, with decisions and release |

Everything lives in the workspace; only small records travel between tasks. Running it again with the same
input edits nothing and publishes nothing new. Edits run in the pool `image_edit`, before those of
`localize_catalog`.
"""

from __future__ import annotations

from airflow.sdk import Param

from operators.form import LOCATION, ROOT, run_params
from operators.notices import RunNotices
from operators.pipeline import CAMPAIGN_PRIORITY, add_tasks, default_args
from operators.tenant_dags import required, tenant_dag, tenants_here
from operators.tenants import dag_id_of

SAMPLE = ROOT / "examples" / "campaign"

manifest = Param(
    str(SAMPLE / "manifest.csv"),
    type="string",
    pattern=LOCATION,
    title="Manifest",
    description_md="What to edit: absolute path or gs:// of a CSV, TSV, JSON Lines or Parquet table, or a "
    "JSON campaign document. No manifest at hand? Use **Rush job**.",
    examples=[str(SAMPLE / "manifest.csv"), "gs://bucket/campaigns/618/manifest.csv"],
)
sample = run_params(manifest, defaults={"brand": str(SAMPLE / "brands" / "lumea" / "brand.yaml")})

notices = RunNotices.of_installation()

for tenant in tenants_here(__file__):
    with tenant_dag(
        tenant,
        dag_id_of("localize_campaign", tenant),
        schedule=None,
        catchup=False,
        max_active_runs=4,
        default_args=default_args(CAMPAIGN_PRIORITY),
        # A tenant has no sample: its form starts empty.
        params=run_params(required(manifest)) if tenant else sample,
        # So that lists, booleans and empty values stay what they are on their way through templates.
        render_template_as_native_obj=True,
        tags=["localization", "images"],
        doc_md=__doc__,
        notices=notices,
    ):
        add_tasks(notices=notices)
