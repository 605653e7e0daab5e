"""Datasets of our operators for OpenLineage: manifest and plan, results, release.

`apache-airflow-providers-openlineage` asks for them where it is installed; nothing of it is imported before.
Names follow https://openlineage.io/docs/spec/naming: ``gs://bucket`` and the object's path, ``file`` and the
local one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage


def dataset_name(uri: str) -> tuple[str, str]:
    """Namespace and name of what lies at a path or URI."""
    parts = urlsplit(uri)
    if parts.scheme in {"", "file"}:
        return "file", unquote(parts.path) if parts.scheme else uri
    return f"{parts.scheme}://{parts.netloc}", parts.path.strip("/") or "/"


def lineage(
    inputs: Iterable[str] = (), outputs: Iterable[str] = (), *, rows: int | None = None
) -> OperatorLineage[Any, Any]:
    """What a task read and wrote.

    Args:
        inputs, outputs: paths or URIs.
        rows: images in each output.
    """
    from airflow.providers.common.compat.openlineage.facet import (
        InputDataset,
        OutputDataset,
        OutputStatisticsOutputDatasetFacet,
    )
    from airflow.providers.openlineage.extractors import OperatorLineage

    facets: Any = (
        {} if rows is None else {"outputStatistics": OutputStatisticsOutputDatasetFacet(rowCount=rows)}
    )
    return OperatorLineage(
        inputs=[InputDataset(*dataset_name(uri)) for uri in inputs],
        outputs=[OutputDataset(*dataset_name(uri), outputFacets=facets) for uri in outputs],
    )
