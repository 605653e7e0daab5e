// The last step: say in plain words what will be published and what will not, then send the answer.

import { get, post } from "./api.js";
import { openDialog, statusLine } from "./dialogs.js";
import { button, el, fill } from "./dom.js";
import { count, localeNames, number } from "./words.js";

const SHOWN = 100; // rejected images that are listed
const SAYINGS = {
  "signed-out": "You are signed out. Sign in to Airflow in another tab, then try again; nothing was sent.",
  offline: "The server cannot be reached, so it is not known whether the answer arrived. Wait a moment and look again.",
};

/**
 * Open the step. `key` names the run, `marks` are saved first; `look(filter)` shows images in the gallery,
 * `sent(choice)` is called when the answer was taken.
 */
export function openFinish({ key, marks, look, sent }) {
  const body = el("div", { class: "summary", "aria-live": "polite" }, el("p", { class: "soft" }, "Counting…"));
  const comment = el("textarea", {
    rows: 2,
    maxlength: 1000,
    dir: "auto",
    "aria-label": "Comment",
    placeholder: "A comment for the record (optional)",
  });
  const status = statusLine();
  const approve = button({ word: "Publish", class: "solid yes", disabled: true, onclick: () => send("approve") });
  const reject = button({ word: "Publish nothing…", class: "no", disabled: true, onclick: () => sure() });
  let numbers = null;
  const { close } = openDialog({
    title: "Finish the review",
    kind: "finish",
    body: [body, comment, status.node],
    actions: [reject, button({ word: "Back", onclick: () => close() }), approve],
  });
  load();

  async function load() {
    approve.disabled = reject.disabled = true;
    try {
      await marks.settled();
      numbers = await counted(key);
      draw();
    } catch (problem) {
      fill(body, el("p", {}, `It cannot be said what will be published. ${problem.message}`));
      body.append(button({ word: "Try again", onclick: load }));
    }
  }

  function draw() {
    const { run, published, kept } = numbers;
    const line = ([amount, one, many, filter]) =>
      amount > 0
        ? el(
            "li",
            {},
            el("strong", {}, number(amount)),
            ` ${amount === 1 ? one : many}`,
            filter
              ? button({
                  word: "Look",
                  label: `Look at these ${number(amount)}`,
                  class: "quiet",
                  onclick: () => {
                    close();
                    look(filter);
                  },
                })
              : null,
          )
        : null;
    const open = numbers.undecided;
    fill(
      body,
      el("h3", { class: "will" }, `${count(published, "image")} will be published`),
      el(
        "ul",
        {},
        ...[
          [numbers.passed, "passed all checks and nobody rejected it", "passed all checks and nobody rejected them", null],
          [numbers.approved, "needed review and was approved", "needed review and were approved", { status: "needs_review", mark: "approved" }],
        ].map(line).filter(Boolean),
      ),
      el("h3", { class: "wont" }, `${count(kept, "image")} will not be published`),
      el(
        "ul",
        {},
        ...[
          [numbers.rejected, "was rejected", "were rejected", { mark: "rejected" }],
          [open, "needs review and nobody approved it", "need review and nobody approved them", { status: "needs_review", mark: "none" }],
          [run.counts.failed, "failed: there is no image", "failed: there are no images", { status: "failed" }],
          [numbers.waiting, "is not ready", "are not ready", null],
        ].map(line).filter(Boolean),
      ),
      numbers.reasons.length
        ? el(
            "details",
            {},
            el("summary", {}, "What was rejected, and why"),
            el("ul", { class: "reasons" }, ...numbers.reasons.map((item) => rejectedLine(item, run))),
            numbers.rejected > SHOWN ? el("p", { class: "soft" }, `… and ${number(numbers.rejected - SHOWN)} more`) : null,
          )
        : null,
      open
        ? el("p", { class: "hint" }, `${count(open, "exception is", "exceptions are")} not decided. What nobody approves stays unpublished.`)
        : null,
    );
    approve.querySelector(".word").textContent =
      published > 0 ? `Publish ${count(published, "image")}` : "Finish; nothing is published";
    reject.querySelector(".word").textContent =
      run.policy === "exceptions_only" ? "Reject all exceptions…" : "Publish nothing…";
    approve.disabled = reject.disabled = false;
    approve.focus({ preventScroll: true });
  }

  function sure() {
    const { run } = numbers;
    const exceptions = run.policy === "exceptions_only";
    const passed = numbers.passed;
    const text = exceptions
      ? `None of the exceptions will be published. ${count(passed, "image")} that passed all checks will be, as the policy of this campaign says.`
      : "No image of this run will be published, not even those that were approved here.";
    const word = exceptions ? "Reject all exceptions" : "Publish nothing";
    const confirm = openDialog({
      title: `${word}?`,
      kind: "small",
      body: [el("p", {}, text)],
      actions: [
        button({ word: "Back", onclick: () => confirm.close() }),
        button({
          word,
          class: "solid no",
          onclick: () => {
            confirm.close();
            send("reject");
          },
        }),
      ],
    });
  }

  async function send(choice) {
    approve.disabled = reject.disabled = true;
    status.say("Sending…");
    try {
      await post("answer", { ...key, version: numbers.run.version, choice, comment: comment.value.trim() });
      close();
      sent(choice, numbers);
    } catch (problem) {
      if (problem.kind === "conflict") {
        await load();
        status.say(`Not sent: ${problem.message} These are the numbers now; look at them again.`, "look");
        return;
      }
      status.say(`Not sent: ${SAYINGS[problem.kind] ?? problem.message}`, "bad");
      approve.disabled = reject.disabled = false;
    }
  }
}

function rejectedLine(item, run) {
  const name = localeNames(run).get(item.locale) ?? item.locale;
  return el(
    "li",
    {},
    el("span", { dir: "auto" }, item.asset_id),
    ` · ${name}`,
    el("span", { class: "soft", dir: "auto" }, ` ${item.mark?.reason ?? ""}`),
  );
}

/** What would be published now, all of one version; asked again if others mark meanwhile. */
async function counted(key) {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const { body: run } = await get("run", key);
    const [rejected, approved] = await Promise.all(
      ["rejected", "approved"].map(async (mark) => {
        const { body } = await get("items", { ...key, mark, offset: 0, limit: mark === "rejected" ? SHOWN : 1 });
        return body;
      }),
    );
    if (rejected.version !== run.version || approved.version !== run.version) continue;
    const passed = run.counts.passed - (rejected.by_status.passed ?? 0);
    const exceptions = approved.by_status.needs_review ?? 0;
    return {
      run,
      passed,
      approved: exceptions,
      published: passed + exceptions,
      kept: run.counts.total - passed - exceptions,
      rejected: rejected.total,
      reasons: rejected.items,
      undecided: run.counts.needs_review - exceptions - (rejected.by_status.needs_review ?? 0),
      waiting: run.counts.total - run.counts.passed - run.counts.needs_review - run.counts.failed,
    };
  }
  throw new Error("Others are marking images right now.");
}
