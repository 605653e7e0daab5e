"""
### Rush job: a poster or two, without a manifest

Name the images, say in a sentence each what to change, choose the languages, trigger. The sentences are those
of a manifest's column `instruction`, in English or Chinese; texts stand in quotes:

- `Replace "SALE" with "RABATT"`
- `Translate "免运费" to "Free Shipping"`
- `将「新品上市」改为「年度热销」，字体颜色变为金色`
- `Translate all text`
- `Remove "Only today"`

Or paste rows with their header straight from a spreadsheet, a CSV file or a JSON document.

Everything else is as in `localize_campaign`: a dry run shows what it would take, a person approves, and the
release stands under a name of its own, `rush-<image>-<digits>`, so that it takes nothing out of another
campaign. The digits follow from where the images are: the same images again are the same campaign.
"""

from __future__ import annotations

from airflow.sdk import Param

from operators.form import LOCALE_TITLES, LOCALES, first_fields, further_fields
from operators.notices import RunNotices
from operators.pipeline import CAMPAIGN_PRIORITY, add_tasks, default_args
from operators.rush import WriteManifestOperator
from operators.tenant_dags import tenant_dag, tenants_here
from operators.tenants import dag_id_of

first, further = first_fields(), further_fields()
PASTE = "Or paste rows"
WRITTEN = "ti.xcom_pull(task_ids='write_manifest')"

params = {
    "images": Param(
        [],
        type=["array", "null"],
        items={"type": "string"},
        maxItems=50,
        title="Images",
        description_md="One a line: absolute path, gs:// or https:// address.",
    ),
    "instructions": Param(
        [],
        type=["array", "null"],
        items={"type": "string"},
        maxItems=50,
        title="What to change",
        description_md='A sentence a line, done in **each** image: Replace "SALE" with "RABATT", '
        '将「新品上市」改为「年度热销」, Remove "Only today". Texts stand in quotes.',
    ),
    "locales": Param(
        [],
        type=["array", "null"],
        items={"type": "string", "minLength": 2},
        title="Target languages",
        description_md="Of the new texts. Each image is made once for each of them.",
        examples=list(LOCALES),
        values_display=LOCALE_TITLES,
    ),
    "source_locale": Param(
        None,
        type=["string", "null"],
        enum=[None, *LOCALES],
        values_display={"None": "Not said", **LOCALE_TITLES},
        title="Language of the images",
        description_md="Optional; helps to read them.",
    ),
    "approval": first["approval"],
    "dry_run": first["dry_run"],
    "rows": Param(
        None,
        type=["string", "null"],
        format="multiline",
        maxLength=200_000,
        title="Rows",
        description_md="In place of images and sentences: rows **with their header**, as they come from a "
        "spreadsheet, or as CSV, JSON Lines or JSON. Columns: asset_id, image, locale, action, text, "
        "replacement, or instruction in place of the last three.",
        section=PASTE,
    ),
    "image_root": Param(
        None,
        type=["string", "null"],
        pattern=further["image_root"].schema["pattern"],
        title="Image folder",
        description_md="Where the image paths of pasted rows start: absolute path or gs://.",
        section=PASTE,
    ),
    **{name: param for name, param in further.items() if name != "image_root"},
}

notices = RunNotices.of_installation()

for tenant in tenants_here(__file__):
    with tenant_dag(
        tenant,
        dag_id_of("rush_job", tenant),
        dag_display_name=f"Rush job, {tenant.title or tenant.name}" if tenant else "Rush job",
        schedule=None,
        catchup=False,
        max_active_runs=8,
        default_args=default_args(CAMPAIGN_PRIORITY),
        params=params,
        # So that lists, booleans and empty values stay what they are on their way through templates.
        render_template_as_native_obj=True,
        tags=["localization", "images", "campaign"],
        doc_md=__doc__,
        notices=notices,
    ):
        write = WriteManifestOperator(
            task_id="write_manifest",
            images="{{ params.images }}",
            instructions="{{ params.instructions }}",
            locales="{{ params.locales }}",
            source_locale="{{ params.source_locale }}",
            # As JSON: native templates would take pasted JSON for a list.
            rows="{{ params.rows if params.rows is none else params.rows | tojson }}",
            image_root="{{ params.image_root }}",
            workspace="{{ params.workspace }}",
            gcp_conn_id="{{ params.gcp_conn_id }}",
        )
        first_task = add_tasks(
            manifest=f"{{{{ {WRITTEN}['manifest'] }}}}",
            image_root=f"{{{{ {WRITTEN}['image_root'] or params.image_root }}}}",
            notices=notices,
            campaign=f"{{{{ (params.campaign or {WRITTEN}['campaign']) | tojson }}}}",
        )
        write >> first_task
