// The head of a review: which run, how far it is, what can be done now.

import { announce } from "./announce.js";
import { address } from "./api.js";
import { button, el, fill, icon, outside, say, show } from "./dom.js";
import { STATE, ago, count, moment, number } from "./words.js";

const QUIET = 20_000; // milliseconds between two announcements of progress

/** `takeBack(run)` takes the release of a run back, `finish()` opens the last step, `help()` the list of keys; `key` names the run. */
export class Heading {
  #key;
  #takeBack;
  #told = { state: "", at: 0, tenth: -1 };
  #troubled = false;

  constructor({ key, takeBack, finish, help }) {
    this.#key = key;
    this.#takeBack = takeBack;
    this.title = el("h1", {}, "Review");
    this.state = el("span", { class: "state" });
    this.sum = el("p", { class: "sum" });
    this.saving = el("p", { class: "saving", hidden: true });
    this.bar = el("div", {
      class: "progress",
      role: "progressbar",
      "aria-label": "Images made",
      "aria-valuemin": 0,
      hidden: true,
    });
    this.fillin = el("span", {});
    this.bar.append(this.fillin);
    this.links = el("nav", { class: "links", "aria-label": "More about this run" });
    this.finish = button({ word: "Finish review…", key: "F", class: "solid finish-button", hidden: true, onclick: finish });
    this.banner = el("div", { class: "banner", hidden: true });
    this.node = el(
      "header",
      { class: "heading" },
      el(
        "div",
        { class: "bar" },
        el("a", { class: "button quiet back", href: "./", "aria-label": "All runs", title: "All runs" }, icon("back")),
        el("div", { class: "titles" }, el("div", { class: "titling" }, this.title, this.state), this.sum),
        this.saving,
        this.links,
        button({ label: "Keys", sign: "help", key: "?", class: "quiet keys-button", onclick: help }),
        this.finish,
      ),
      this.bar,
      this.banner,
    );
    new ResizeObserver(() => {
      document.documentElement.style.setProperty("--top", `${this.node.offsetHeight}px`);
    }).observe(this.node);
  }

  /** Show the run as it is now. */
  draw(run) {
    this.trouble(null);
    const { counts, request } = run;
    say(this.title, run.title || run.run_id);
    this.title.title = `${run.dag_id} · ${run.run_id}`;
    say(this.state, STATE[run.state] ?? run.state);
    this.state.dataset.state = run.state;
    const making = run.state === "planning" || run.state === "editing";
    say(this.sum, making && counts.total ? `${number(counts.done)} of ${count(counts.total, "image")} made` : sums(counts));
    show(this.bar, making && counts.total > 0);
    this.bar.setAttribute("aria-valuemax", counts.total);
    this.bar.setAttribute("aria-valuenow", counts.done);
    this.fillin.style.width = `${counts.total ? (100 * counts.done) / counts.total : 0}%`;
    const mine = Boolean(request?.open && run.may.review);
    show(this.finish, mine);
    this.#links(run);
    this.#tell(run);
    this.#speak(run);
    document.title = `${mine && counts.needs_review ? `(${number(counts.needs_review)}) ` : ""}${run.title || run.run_id} · Review`;
  }

  /** How many marks are not saved yet. */
  unsaved(amount) {
    show(this.saving, amount > 0);
    if (!amount) return;
    this.saving.dataset.trouble = String(this.#troubled);
    say(this.saving, this.#troubled ? `${count(amount, "mark")} not saved yet` : "Saving…");
  }

  /** Say what stands in the way, or nothing (null). */
  trouble(problem) {
    this.#troubled = problem !== null;
    if (!problem) {
      if (this.banner.dataset.tone === "trouble") show(this.banner, false);
      return;
    }
    this.banner.dataset.tone = "trouble";
    const signIn = problem.kind === "signed-out";
    const words = {
      offline: "No connection. What you mark is kept here and saved when it is back.",
      "signed-out": "You are signed out of Airflow. What you marked is kept in this tab until you sign in again.",
    };
    fill(
      this.banner,
      icon("failed"),
      el("p", { role: "status" }, words[problem.kind] ?? problem.message),
      signIn ? outside("../", "Sign in") : null,
    );
    show(this.banner, true);
  }

  #links(run) {
    const own = (path) => String(address(`../${path}`, this.#key));
    const { plan, report, results_csv: table, copy_to_fill: deck, airflow } = run.links;
    fill(
      this.links,
      plan ? el("a", { href: own(plan) }, "Plan") : null,
      report ? el("a", { href: own(report) }, "Report") : null,
      table ? el("a", { href: own(table), download: "results.csv" }, "CSV") : null,
      deck ? el("a", { href: own(deck), download: "copy_to_fill.csv" }, "Copy to fill in") : null,
      airflow ? outside(airflow, "Airflow", icon("out")) : null,
    );
  }

  /** What a person has to know before anything else. */
  #tell(run) {
    const { request, policy } = run;
    let tone = "";
    let text = "";
    if (run.state === "failed") {
      [tone, text] = ["bad", "The run failed. Airflow's log of the task says why; nothing more is published."];
    } else if (request && !request.open) {
      const who = request.responded_by ?? "Somebody";
      const what = request.choice === "reject" ? "rejected" : "approved";
      tone = what === "approved" ? "good" : "plain";
      text = `${who} ${what} this run ${ago(request.responded_at)}. Marks can no longer be changed.`;
      if (run.release) text += ` Release ${run.release.release_id}.`;
    } else if (request?.open && !run.may.review) {
      text = `You can look at this review, not decide it: ${run.may.why_not || "you need the right to answer for this DAG"}.`;
    } else if (run.state === "copy") {
      text = "A person is asked about the copy before any image is made: see Required Actions in Airflow.";
    } else if (!request && (run.state === "planning" || run.state === "editing")) {
      text = run.may.review && (policy === "always" || policy === "exceptions_only")
        ? "Images are still being made. You can mark what is ready; the review can be finished when all are."
        : "Images are still being made.";
    } else if (run.state === "published" && run.release) {
      [tone, text] = ["good", `Published as release ${run.release.release_id}.`];
    }
    this.banner.dataset.tone = tone || "plain";
    const sign = { bad: "failed", good: "approve" }[tone];
    fill(
      this.banner,
      sign ? icon(sign) : null,
      el("p", { title: request?.responded_at ? moment(request.responded_at) : null }, text),
      run.release && run.may.roll_back
        ? button({ word: "Take back…", class: "take-back", onclick: () => this.#takeBack(run) })
        : null,
    );
    show(this.banner, Boolean(text));
  }

  /** Politely: each new state, and every tenth of the images, but not more often than one can listen. */
  #speak({ state, counts, request }) {
    const name = `${state} ${request?.open ?? ""}`;
    const tenth = counts.total ? Math.floor((10 * counts.done) / counts.total) : 0;
    const now = Date.now();
    const first = this.#told.state === "";
    if (!first && name !== this.#told.state) announce(`${STATE[state] ?? state}. ${sums(counts)}`);
    else if (first || tenth === this.#told.tenth || state !== "editing" || now - this.#told.at < QUIET) {
      if (first) this.#told = { state: name, at: now, tenth };
      return;
    } else announce(`${number(counts.done)} of ${count(counts.total, "image")} made.`);
    this.#told = { state: name, at: now, tenth };
  }
}

function sums({ needs_review: look, failed, approved, rejected, total }) {
  return [
    count(total, "image"),
    look ? `${number(look)} ${look === 1 ? "needs" : "need"} review` : "",
    failed ? `${number(failed)} failed` : "",
    approved ? `${number(approved)} approved` : "",
    rejected ? `${number(rejected)} rejected` : "",
  ].filter(Boolean).join(" · ");
}
