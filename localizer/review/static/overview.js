// The runs: those that wait for a person first.

import { announce } from "./announce.js";
import { el, fill, say, show } from "./dom.js";
import { poll } from "./poll.js";
import { emptyPanel, problemPanel } from "./states.js";
import { STATE, ago, count, moment, number } from "./words.js";

const PAUSE = 8000; // milliseconds
const GOING = new Set(["planning", "copy", "editing", "publishing"]);

/** Show the list of runs. */
export function showOverview(root) {
  document.title = "Reviews";
  const sum = el("p", { class: "sum" });
  const list = el("div", { class: "runs" }, el("p", { class: "soft" }, "Loading…"));
  const trouble = el("div", { class: "instead", hidden: true });
  fill(
    root,
    el(
      "div",
      { class: "rest" },
      el(
        "header",
        { class: "heading" },
        el("div", { class: "bar" }, el("div", { class: "titles" }, el("h1", {}, "Campaign reviews"), sum)),
      ),
      el("main", { class: "overview" }, trouble, list),
    ),
  );
  let waiting = -1;
  let drawn = "";
  const polling = poll("runs", {}, {
    news({ runs }) {
      const now = runs.filter((run) => run.waiting).length;
      say(sum, runs.length ? `${now ? count(now, "run waits", "runs wait") : "No run waits"} for a decision` : "");
      if (waiting >= 0 && now > waiting) announce(`${count(now, "run waits", "runs wait")} for a decision.`);
      waiting = now;
      document.title = now ? `(${number(now)}) Reviews` : "Reviews";
      const written = JSON.stringify(runs);
      if (written === drawn) return;
      drawn = written;
      const focused = document.activeElement?.dataset.run;
      fill(list, ...(runs.length ? groups(runs) : [nothing()]));
      if (focused) list.querySelector(`[data-run="${CSS.escape(focused)}"]`)?.focus();
    },
    alive() {
      show(trouble, false);
      show(list, true);
    },
    trouble(problem, known) {
      fill(trouble, problemPanel(problem, () => polling.now()));
      show(trouble, true);
      if (!known || !problem.passing) show(list, false);
    },
    pause: () => PAUSE,
  });
}

const nothing = () =>
  emptyPanel("No runs yet", "When a campaign runs, it appears here, with what it makes and what waits for you.");

function groups(runs) {
  const parts = [
    ["Waiting for you", runs.filter((run) => run.waiting)],
    ["Going on", runs.filter((run) => !run.waiting && GOING.has(run.state))],
    ["Before", runs.filter((run) => !run.waiting && !GOING.has(run.state))],
  ];
  return parts
    .filter(([, some]) => some.length)
    .map(([title, some]) =>
      el("section", {}, el("h2", { class: "head" }, title), el("ul", { class: "runlist" }, ...some.map(entry))),
    );
}

function entry({ dag_id, run_id, title, started_at, state, counts, waiting }) {
  const { total = 0, needs_review: look = 0, failed = 0, passed = 0 } = counts ?? {};
  const facts = [
    total ? count(total, "image") : "",
    look ? `${number(look)} to look at` : "",
    failed ? `${number(failed)} failed` : "",
  ].filter(Boolean);
  const address = `?${new URLSearchParams({ dag_id, run_id })}`;
  return el(
    "li",
    {},
    el(
      "a",
      { class: "run", href: address, "data-run": `${dag_id} ${run_id}` },
      el(
        "span",
        { class: "what" },
        el("strong", { dir: "auto" }, title || dag_id),
        el("span", { class: "soft" }, [ago(started_at), run_id].filter(Boolean).join(" · ")),
      ),
      el("span", { class: "facts" }, facts.join(" · ")),
      el("span", { class: "state", "data-state": waiting ? "reviewing" : state, title: moment(started_at) }, STATE[state] ?? state),
      total ? share({ total, look, failed, passed }) : null,
    ),
  );
}

/** How the images did, as a line. */
function share({ total, look, failed, passed }) {
  const parts = [["passed", passed], ["needs_review", look], ["failed", failed]].filter(([, some]) => some > 0);
  return el(
    "span",
    { class: "share", "aria-hidden": "true" },
    ...parts.map(([status, some]) => {
      const part = el("span", { "data-status": status });
      part.style.width = `${(100 * some) / total}%`;
      return part;
    }),
  );
}
