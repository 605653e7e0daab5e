// What the page says when there is nothing to show: empty, refused, broken, signed out.

import { button, el, outside } from "./dom.js";

const WORDS = {
  "signed-out": ["You are signed out", "Sign in to Airflow again; this page goes on where you left it."],
  forbidden: ["This is not yours to see", "Your role in Airflow does not allow you to read this run. Ask whoever runs Airflow."],
  missing: ["There is no such run", "It may have been deleted, or the address is incomplete."],
  offline: ["The server cannot be reached", "Check the connection. The page tries again by itself."],
  broken: ["The server had a problem", "The page tries again by itself. If it goes on, look into the API server's log."],
  refused: ["The server did not understand the page", "Load the page again; it may be of an older version."],
};

/** A panel in place of the content. `again()` tries at once. */
export function problemPanel(problem, again) {
  const [title, text] = WORDS[problem.kind] ?? WORDS.broken;
  const signIn = problem.kind === "signed-out";
  return el(
    "div",
    { class: "panel", role: "alert" },
    el("h2", {}, title),
    el("p", {}, text),
    detailOf(problem, text),
    el(
      "p",
      { class: "acts" },
      signIn ? outside("../", "Sign in") : null,
      button({ word: "Try again", onclick: again }),
      problem.kind === "missing" || problem.kind === "forbidden" ? el("a", { href: "./" }, "All runs") : null,
    ),
  );
}

function detailOf(problem, text) {
  if (!problem.message || text.includes(problem.message) || problem.kind === "signed-out") return null;
  return el("p", { class: "soft" }, problem.message);
}

/** A quiet panel for a list without entries. */
export function emptyPanel(title, text, ...acts) {
  return el("div", { class: "panel" }, el("h2", {}, title), el("p", {}, text), el("p", { class: "acts" }, ...acts));
}
