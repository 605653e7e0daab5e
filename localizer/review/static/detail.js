// What is known of one image, in words: why it is here, its copy, its checks, who said what.

import { button, el, fill, icon } from "./dom.js";
import { ACTION, STATUS, duration, markWords, moment, number, why } from "./words.js";

const OUTCOME = { passed: "ok", failed: "not ok", undecided: "could not be decided" };

/** The verdict of the checks and, if there is one, the mark, which `clear()` takes away. */
function verdictOf(item, clear) {
  const parts = [
    el(
      "p",
      { class: "standing", "data-status": item.status },
      icon({ passed: "approve", needs_review: "look", failed: "failed", waiting: "waiting" }[item.status]),
      el("strong", {}, STATUS[item.status]),
    ),
  ];
  if (item.reason) parts.push(el("p", { class: "reason", dir: "ltr" }, why(item.reason)));
  if (item.redo) {
    const words = item.redo === "running" ? "It is being made anew now." : "It is waiting to be made anew.";
    parts.push(el("p", { class: "redoing" }, icon("redo"), words));
  }
  if (item.mark) {
    parts.push(
      el(
        "p",
        { class: "marked", "data-mark": item.mark.verdict, title: moment(item.mark.at) },
        icon(item.mark.verdict === "approved" ? "approve" : "reject"),
        el("span", { dir: "auto" }, markWords(item.mark)),
        clear ? button({ word: "Remove", label: "Remove the mark", class: "quiet", onclick: clear }) : null,
      ),
    );
  }
  return parts;
}

/** The copy, source → target. `touch(number | null)` outlines an edit, `zoom(number)` goes to it. */
function copyOf(item, { touch, zoom }) {
  const rows = (item.copy ?? []).map((edit, place) => {
    const target =
      edit.action.startsWith("remove") && !edit.replacement
        ? el("span", { class: "soft" }, "taken away")
        : el("span", { class: "text", lang: item.locale, dir: item.dir }, edit.replacement || "…");
    const row = el(
      "li",
      { class: "edit", dir: item.dir, onpointerenter: () => touch(place), onpointerleave: () => touch(null) },
      el("span", { class: "act", dir: "ltr" }, ACTION[edit.action] ?? edit.action.replaceAll("_", " ")),
      el(
        "span",
        { class: "text from", dir: "auto" },
        edit.text === "*" ? "all marketing text" : edit.text || "–",
      ),
      el("span", { class: "arrow", "aria-label": "becomes", role: "img" }, item.dir === "rtl" ? "←" : "→"),
      target,
    );
    if (edit.draft) {
      row.append(el("span", { class: "draft", dir: "auto" }, `Draft (${edit.draft}): no person has approved it`));
    }
    if (edit.box) {
      row.append(
        el(
          "button",
          {
            type: "button",
            class: "button quiet find",
            "aria-label": `Zoom to edit ${place + 1}`,
            title: "Zoom to this edit",
            onclick: () => zoom(place),
            onfocus: () => touch(place),
            onblur: () => touch(null),
          },
          icon("zoom"),
        ),
      );
    }
    return row;
  });
  return rows.length ? el("ul", { class: "copy" }, ...rows) : el("p", { class: "soft" }, "No copy.");
}

/** The checks in plain words; what passed is a line that opens. */
function checksOf(checks) {
  if (!checks?.length) return [el("p", { class: "soft" }, "No checks yet.")];
  const line = ({ title, status, words }) =>
    el(
      "li",
      { "data-outcome": status },
      icon({ passed: "approve", failed: "reject", undecided: "look" }[status] ?? "look"),
      el(
        "span",
        {},
        el("span", { class: "asks" }, title),
        el("span", { class: "unseen" }, `: ${OUTCOME[status] ?? status}`),
        status !== "passed" && words ? el("span", { class: "why", dir: "ltr" }, words) : null,
      ),
    );
  const order = ["failed", "undecided"];
  const open = checks
    .filter(({ status }) => status !== "passed")
    .sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status));
  const passed = checks.filter(({ status }) => status === "passed");
  return [
    open.length ? el("ul", { class: "checks" }, ...open.map(line)) : null,
    passed.length
      ? el(
          "details",
          { class: "passed" },
          el(
            "summary",
            {},
            open.length
              ? `${number(passed.length)} other ${passed.length === 1 ? "check" : "checks"} passed`
              : passed.length === 1 ? "The one check passed" : `All ${number(passed.length)} checks passed`,
          ),
          el("ul", { class: "checks" }, ...passed.map(line)),
        )
      : null,
  ].filter(Boolean);
}

/** How it was made, and who decided what on it before. */
function factsOf(item, detail) {
  const facts = [
    ["Engine", detail.engine],
    ["Attempts", detail.attempts > 1 ? number(detail.attempts) : ""],
    ["Time", detail.cached ? "known from an earlier run" : detail.seconds > 0 ? duration(detail.seconds) : ""],
    ["Cost", detail.cost],
    ["Size", item.width ? `${item.width} × ${item.height} px` : ""],
  ].filter(([, value]) => value);
  const past = (detail.history ?? []).filter(({ what }) => what !== "attempt" || detail.attempts > 1);
  const history = past.map(({ what, by, at, comment, status }) => {
    const words = what === "attempt" ? `Attempt: ${STATUS[status] ?? status}` : what[0].toUpperCase() + what.slice(1);
    return el(
      "li",
      {},
      el("span", { dir: "auto" }, `${words}${by ? ` by ${by}` : ""}${comment ? `: ${why(comment)}` : ""}`),
      at ? el("time", { class: "soft", datetime: at }, ` ${moment(at)}`) : null,
    );
  });
  return [
    facts.length ? el("h3", {}, "How it was made") : null,
    el("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
    history.length ? el("h3", {}, "What happened before") : null,
    history.length ? el("ol", { class: "history" }, ...history) : null,
  ].filter(Boolean);
}

/** Put the parts into a panel that is there already, so that what has the focus keeps it. */
export function fillDetail(panel, item, detail, act) {
  fill(panel.verdict, ...verdictOf(item, act.clear));
  fill(panel.copy, copyOf(item, act));
  if (detail) {
    fill(panel.checks, ...checksOf(detail.checks));
    fill(panel.facts, ...factsOf(item, detail));
  }
}
