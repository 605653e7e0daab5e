from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

from localizer.errors import Forbidden
from localizer.tenants import FILE
from operators.review import ReviewOperator
from operators.review_access import Answerers, answerers, refuse_other_tenants

MEI, JO = (SimpleAuthManagerUser(username=name, role="user") for name in ("mei", "jo"))


@pytest.fixture(autouse=True)
def auth_manager() -> None:
    from airflow.api_fastapi.app import create_auth_manager

    create_auth_manager()


def test_who_may_answer_is_what_the_review_task_says() -> None:
    reviewers = [{"id": "mei", "name": "Mei"}]
    task = ReviewOperator(task_id="review", workspace="/w", reviewers=reviewers, four_eyes=True)
    assert answerers(task, "mei") == Answerers(frozenset({"mei"}), barred="mei")
    assert answerers(task, None) == Answerers(frozenset({"mei"}))
    plain = ReviewOperator(task_id="review", workspace="/w")
    assert answerers(plain, "mei") == answerers(None, "mei") == answerers(SimpleNamespace(), "mei")
    assert answerers(plain, "mei") == Answerers()


def test_reviewers_answer_and_not_who_triggered_the_run() -> None:
    assert [not Answerers().why_not(user) for user in (MEI, JO)] == [True, True]
    assert [not Answerers(frozenset({"jo"})).why_not(user) for user in (MEI, JO)] == [False, True]
    assert [not Answerers(barred="mei").why_not(user) for user in (MEI, JO)] == [False, True]
    both = Answerers(frozenset({"mei", "jo"}), barred="jo")
    assert [not both.why_not(user) for user in (MEI, JO)] == [True, False]


def test_a_run_is_opened_where_its_dag_s_tenant_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FILE, raising=False)
    refuse_other_tenants([], {"workspace": "/anywhere"})
    file = tmp_path / "tenants.yaml"
    file.write_text(
        "tenants: {acme: {workspace: /srv/acme/work, publish: /srv/acme/p, inputs: [/srv/acme/in]}}"
    )
    monkeypatch.setenv(FILE, str(file))
    refuse_other_tenants(["tenant:acme"], {"workspace": "/srv/acme/work/x", "gcp_conn_id": None})
    for tags, fields in (
        (["tenant:acme"], {"workspace": "/srv/globex/work"}),
        (["tenant:acme"], {"workspace": "/srv/acme/work", "gcp_conn_id": "globex_google"}),
        ([], {"workspace": "/srv/acme/work"}),
    ):
        with pytest.raises(Forbidden, match="not its tenant's") as refused:
            refuse_other_tenants(tags, fields)
        assert "/srv" not in str(refused.value)  # nothing of where things are
