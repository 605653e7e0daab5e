// Dialogs: the browser's own, so that focus stays inside and Escape closes; and the one that asks for a reason.

import { button, el, say, show } from "./dom.js";

const REASONS = [
  "Wrong or awkward wording",
  "Text is cut off, too small or overlaps",
  "Type does not match the original",
  "Background or product is damaged",
  "Not right for this market",
];
const LONGEST = 1000; // characters of a reason

let opened = 0;

/**
 * Open a dialog. `body` and `actions` are lists of elements; `close()` of what is returned closes it, and
 * `closed` is called however it closes. A form in it is submitted by Enter.
 */
export function openDialog({ title, kind = "", body, actions = [], submit, closed = () => {} }) {
  opened += 1;
  const id = `dialog-${opened}`;
  const heading = el("h2", { id, tabindex: "-1" }, title);
  const form = el(
    "form",
    { method: "dialog" },
    el(
      "header",
      {},
      heading,
      button({ label: "Close", sign: "close", class: "quiet", onclick: () => node.close() }),
    ),
    el("div", { class: "body" }, ...body),
    actions.length ? el("footer", {}, ...actions) : null,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit?.();
  });
  const node = el("dialog", { class: kind, "aria-labelledby": id }, form);
  const before = document.activeElement;
  node.addEventListener("close", () => {
    node.remove();
    if (before?.isConnected) before.focus({ preventScroll: true });
    closed();
  });
  node.addEventListener("click", (event) => {
    if (event.target === node) node.close(); // beside the dialog
  });
  document.body.append(node);
  node.showModal();
  return { node, heading, close: () => node.close() };
}

/** Whether a dialog is open. */
export const dialogOpen = () => document.querySelector("dialog[open]") !== null;

/** Ask why. Resolves to the reason, or null if the person thought better of it. */
export function askReason({ title, hint = "", word = "Reject" }) {
  return new Promise((resolve) => {
    let answer = null;
    const missing = el("p", { class: "missing", id: "reason-missing", role: "alert" });
    const field = el("textarea", {
      rows: 3,
      maxlength: LONGEST,
      "aria-label": "Reason",
      "aria-describedby": "reason-missing",
      dir: "auto",
      placeholder: "What is wrong? It is kept with the image.",
    });
    const accept = el("button", { type: "submit", class: "button no solid" }, word);
    const submit = () => {
      const text = field.value.trim();
      if (!text) {
        say(missing, "Say in a few words what is wrong, or choose one of the reasons above.");
        field.setAttribute("aria-invalid", "true");
        field.focus();
        return;
      }
      answer = text;
      close();
    };
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      submit();
    });
    const choices = REASONS.map((reason) =>
      el(
        "button",
        {
          type: "button",
          class: "chip",
          onclick: () => {
            field.value = reason;
            accept.focus();
          },
        },
        reason,
      ),
    );
    const { close } = openDialog({
      title,
      kind: "small",
      body: [
        hint ? el("p", { class: "soft" }, hint) : null,
        el("div", { class: "chips", role: "group", "aria-label": "Usual reasons" }, ...choices),
        field,
        missing,
      ].filter(Boolean),
      actions: [button({ word: "Cancel", onclick: () => close() }), accept],
      submit,
      closed: () => resolve(answer),
    });
    field.focus();
  });
}

/** A line of a dialog that says what goes wrong or on; empty hides it. */
export function statusLine() {
  const node = el("p", { class: "status", role: "status", hidden: true });
  return {
    node,
    say(text, tone = "plain") {
      node.dataset.tone = tone;
      say(node, text);
      show(node, Boolean(text));
    },
  };
}
