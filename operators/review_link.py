"""The button of a review task that opens the review page of its run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from airflow.api_fastapi.app import API_ROOT_PATH
from airflow.sdk import BaseOperatorLink

from operators.review import ReviewOperator

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey


class ReviewLink(BaseOperatorLink):
    """Made in the API server, by the plugin: while a task waits for its answer it has left no XCom."""

    operators: ClassVar[list[type[BaseOperator]]] = [ReviewOperator]
    name = "Review"

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:
        where = urlencode({"dag_id": ti_key.dag_id, "run_id": ti_key.run_id})
        return f"{API_ROOT_PATH}localizer/?{where}"
