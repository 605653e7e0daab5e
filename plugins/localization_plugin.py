"""The review page in Airflow's UI: in the navigation, on each run, and behind a button of the review task."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from operators.review_link import ReviewLink

_PREFIX = "/localizer"


class LocalizationPlugin(AirflowPlugin):
    """Only the API server asks for app and links, so only there they are imported."""

    name = "localization"
    external_views = [  # noqa: RUF012 (Airflow reads a plain list)
        {
            "name": "Review",
            "href": "localizer/",
            "destination": "nav",
            "category": "browse",
            "url_route": "review",
            "icon": "localizer/static/icon.svg",
        },
        {
            "name": "Review",
            "href": "localizer/?dag_id={DAG_ID}&run_id={RUN_ID}",
            "destination": "dag_run",
            "url_route": "review_run",
            "icon": "localizer/static/icon.svg",
        },
        {
            "name": "Campaign calendar",
            "href": "localizer/calendar",
            "destination": "nav",
            "category": "browse",
            "url_route": "campaign_calendar",
        },
    ]

    @cached_property  # Airflow asks again whenever its UI lists the plugins
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]
        from localizer.review.app import review_app
        from operators.review_host import AirflowHost

        return [{"app": review_app(AirflowHost()), "url_prefix": _PREFIX, "name": "Review"}]

    @cached_property
    def operator_extra_links(self) -> list[ReviewLink]:  # type: ignore[override]
        from operators.review_link import ReviewLink

        return [ReviewLink()]
