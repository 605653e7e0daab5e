// Make one image anew: with other copy, or by another engine.

import { tell } from "./announce.js";
import { post } from "./api.js";
import { openDialog, statusLine } from "./dialogs.js";
import { button, el } from "./dom.js";
import { ACTION } from "./words.js";

const SETS_TEXT = new Set(["replace_text", "translate_text", "add_text"]);
const SLOW = 60_000; // milliseconds until a redo that is not under way has ended

/** Open the dialog. `engine` made the image, `engines` may make it; `sent(item)` is called when it is on its way. */
export function openRedo({ key, item, engine, engines, sent }) {
  const fields = (item.copy ?? []).map((edit, place) => copyField(item, edit, place));
  const choice = el(
    "select",
    { id: "redo-engine" },
    el("option", { value: "" }, engine ? `The same (${engine})` : "The same"),
    ...engines.filter((name) => name !== engine).map((name) => el("option", { value: name }, name)),
  );
  const comment = el("textarea", {
    id: "redo-comment",
    rows: 2,
    maxlength: 1000,
    dir: "auto",
    placeholder: "Why (optional); kept with the image",
  });
  comment.value = item.mark?.verdict === "rejected" ? (item.mark.reason ?? "") : "";
  const status = statusLine();
  const start = el("button", { type: "submit", class: "button solid" }, "Redo this image");
  const { close } = openDialog({
    title: "Change and redo",
    kind: "redo-dialog",
    body: [
      el("p", { class: "soft" }, `Only this image is made anew: ${item.asset_id} · ${item.locale}. Its mark lapses.`),
      ...fields.map(({ node }) => node),
      el("label", { for: "redo-engine" }, "Engine"),
      choice,
      el("label", { for: "redo-comment" }, "Comment"),
      comment,
      status.node,
    ],
    actions: [button({ word: "Cancel", onclick: () => close() }), start],
    submit,
  });
  (fields.find(({ field }) => field)?.field ?? choice).focus();

  async function submit() {
    const copy = fields.map(({ changed }) => changed());
    if (copy.every((text) => text === null) && !choice.value) {
      status.say("Nothing is different yet: change the copy or choose another engine.", "look");
      return;
    }
    if (fields.some(({ field }) => field && !field.value.trim())) {
      status.say("A text is empty. To leave a text out, change the manifest.", "look");
      return;
    }
    start.disabled = true;
    status.say("Starting…");
    try {
      await post("redo", {
        ...key,
        id: item.id,
        version: item.seen,
        engine: choice.value || null,
        copy,
        comment: comment.value.trim(),
      });
      close();
      sent(item);
    } catch (problem) {
      start.disabled = false;
      status.say(`Not started: ${problem.message}`, "bad");
    }
  }
}

/** One edit; what sets a text gets a field, also where its copy is missing so far. `changed()` is the new text, or null where it stays. */
function copyField(item, edit, place) {
  const from = el(
    "p",
    { class: "from" },
    el("span", { class: "soft" }, `${ACTION[edit.action] ?? edit.action}: `),
    el("span", { class: "text", dir: "auto" }, edit.text || "–"),
  );
  if (!SETS_TEXT.has(edit.action) || edit.text === "*") return { node: el("div", { class: "redo-edit" }, from), changed: () => null };
  const field = el("textarea", {
    rows: Math.min(4, (edit.replacement ?? "").split("\n").length + 1),
    lang: item.locale,
    dir: item.dir,
    "aria-label": `New text ${place + 1}, instead of ${edit.replacement || edit.text}`,
    spellcheck: "true",
  });
  field.value = edit.replacement ?? "";
  return {
    node: el("div", { class: "redo-edit" }, from, field),
    field,
    changed: () => (field.value === (edit.replacement ?? "") ? null : field.value),
  };
}

/** Images that were sent to be made anew, until it is known how they came out. */
export class Redone {
  #under = new Map(); // id → {sha, at}

  begin(item) {
    this.#under.set(item.id, { sha: item.sha, at: Date.now() });
  }

  /** Tell of those that are there. */
  look(items) {
    for (const [id, { sha, at }] of this.#under) {
      const item = items.at(items.indexOf(id));
      if (!item || item.redo) continue;
      const name = `${item.asset_id} · ${item.locale}`;
      if (item.sha !== sha) {
        tell(`${name} was made anew. Look at it again.`, { tone: "good", seconds: 12 });
      } else if (Date.now() - at > SLOW) {
        tell(`${name} is as it was: it came out the same, or Airflow's log says why not.`, { tone: "bad", seconds: 0 });
      } else continue;
      this.#under.delete(id);
    }
  }
}
