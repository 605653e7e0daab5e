"""What tests and drills ask of Airflow's REST API."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import httpx

ENDED = frozenset({"success", "failed"})


@dataclass(frozen=True, slots=True)
class RunRef:
    """One DAG run."""

    dag_id: str
    run_id: str

    @property
    def path(self) -> str:
        return f"/api/v2/dags/{self.dag_id}/dagRuns/{self.run_id}"

    @property
    def name(self) -> str:
        """Of the run in the workspace."""
        return f"{self.dag_id}__{self.run_id}"


class Api:
    """A logged-in client that outlives restarts of the server: every call is tried again for a while."""

    def __init__(self, client: httpx.Client, patience_s: float = 90) -> None:
        self.client, self.patience_s = client, patience_s

    @classmethod
    def login(cls, url: str, password: str, user: str = "admin") -> Api:
        answer = httpx.post(f"{url}/auth/token", json={"username": user, "password": password}, timeout=30)
        token = answer.raise_for_status().json()["access_token"]
        return cls(httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30))

    def close(self) -> None:
        self.client.close()

    def call(self, method: str, path: str, **arguments: Any) -> Any:
        until = time.monotonic() + self.patience_s
        while True:
            try:
                answer = self.client.request(method, path, **arguments)
                if answer.status_code < 500 or time.monotonic() > until:
                    if answer.is_error:
                        raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
                    return answer.json() if answer.content else None
            except httpx.TransportError:
                if time.monotonic() > until:
                    raise
            time.sleep(1)

    def get(self, path: str, **params: Any) -> Any:
        return self.call("GET", path, params=params)

    def wait_for_dag(self, dag_id: str, seconds: float = 120) -> None:
        """Until the DAG processor has found it."""
        until = time.monotonic() + seconds
        while dag_id not in {d["dag_id"] for d in self.get("/api/v2/dags")["dags"]}:
            if time.monotonic() > until:
                raise TimeoutError(f"{dag_id} was not found: {self.get('/api/v2/importErrors')}")
            time.sleep(1)

    def trigger(self, dag_id: str, conf: dict[str, Any], run_id: str | None = None) -> RunRef:
        self.wait_for_dag(dag_id)
        body = {"logical_date": None, "conf": conf} | ({"dag_run_id": run_id} if run_id else {})
        return RunRef(dag_id, self.call("POST", f"/api/v2/dags/{dag_id}/dagRuns", json=body)["dag_run_id"])

    def state(self, run: RunRef) -> str:
        return str(self.get(run.path)["state"])

    def runs(self, dag_id: str) -> dict[str, dict[str, Any]]:
        """The newest runs, by run ID."""
        found = self.get(f"/api/v2/dags/{dag_id}/dagRuns", limit=100, order_by="-run_after")
        return {run["dag_run_id"]: run for run in found["dag_runs"]}

    def tasks(self, run: RunRef) -> list[dict[str, Any]]:
        """Task instances: the first hundred, which is all that tests have."""
        return list(self.get(f"{run.path}/taskInstances", limit=100)["task_instances"])

    def states(self, run: RunRef) -> dict[tuple[str, int], str]:
        """State by task and map index."""
        return {(t["task_id"], t["map_index"]): str(t["state"]) for t in self.tasks(run)}

    def wait(self, run: RunRef, seconds: float = 600) -> str:
        """Until the run has ended; its state."""
        until = time.monotonic() + seconds
        while (state := self.state(run)) not in ENDED:
            if time.monotonic() > until:
                raise TimeoutError(f"{run.run_id} is {state} after {seconds:.0f} s: {self.states(run)}")
            time.sleep(1)
        return state

    def wait_for_question(self, run: RunRef, task_id: str = "review", seconds: float = 240) -> dict[str, Any]:
        """Until a task asks a person; what it asks."""
        until = time.monotonic() + seconds
        while True:
            state = self.get(f"{run.path}/taskInstances/{task_id}")["state"]
            if state == "awaiting_input":
                return dict(self.get(f"{run.path}/taskInstances/{task_id}/-1/hitlDetails"))
            if state in {"failed", "upstream_failed", "success"} or time.monotonic() > until:
                raise RuntimeError(f"{task_id} of {run.run_id} is {state}: {self.states(run)}")
            time.sleep(1)

    def answer(self, run: RunRef, option: str, *, task_id: str = "review", **form: Any) -> None:
        """Answer the request for approval, which must have been made."""
        usual = {"also_approve": [], "reject_items": [], "comment": ""} if task_id == "review" else {}
        self.call(
            "PATCH",
            f"{run.path}/taskInstances/{task_id}/-1/hitlDetails",
            json={"chosen_options": [option], "params_input": usual | form},
        )
