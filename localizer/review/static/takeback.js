// Take the release of a run back: say why, then confirm it in Airflow.

import { post } from "./api.js";
import { openDialog, statusLine } from "./dialogs.js";
import { button, el, leave } from "./dom.js";

const SHORTEST = 3; // characters of a reason

/** Open the dialog for the release of `run`, which `key` names. */
export function openTakeBack({ key, run }) {
  const field = el("textarea", {
    rows: 3,
    maxlength: 1000,
    dir: "auto",
    "aria-label": "Why",
    placeholder: "Why? It is kept in the history of the campaign.",
  });
  const status = statusLine();
  const start = el("button", { type: "submit", class: "button no solid" }, "Take it back…");
  const { close } = openDialog({
    title: "Take this release back?",
    kind: "small",
    body: [
      el("p", {}, `The release before ${run.release.release_id} becomes current again. No image is removed.`),
      el("p", { class: "soft" }, "You see what changes, and confirm it, in Airflow."),
      field,
      status.node,
    ],
    actions: [button({ word: "Cancel", onclick: () => close() }), start],
    submit,
  });
  field.focus();

  async function submit() {
    const reason = field.value.trim();
    if (reason.length < SHORTEST) {
      status.say("Say in a few words why.", "look");
      field.focus();
      return;
    }
    start.disabled = true;
    status.say("Starting…");
    try {
      const { confirm_at: where } = await post("rollback", {
        ...key,
        version: run.version,
        release_id: run.release.release_id,
        reason,
      });
      close();
      leave(where);
    } catch (problem) {
      start.disabled = false;
      status.say(`Not started: ${problem.message}`, "bad");
    }
  }
}
