// Keys: which there are, what they do, and the list of them.

import { dialogOpen, openDialog } from "./dialogs.js";
import { el } from "./dom.js";

const KEPT = "localizer-review-keys";

const LIST = [
  ["Decide", [["A", "Approve"], ["R", "Reject, with a reason"], ["U", "Undo"], ["F", "Finish the review"]]],
  [
    "Move",
    [
      ["J  →", "Next image"],
      ["K  ←", "Previous image"],
      ["↑  ↓", "Row above, row below"],
      ["Enter", "Open the image"],
      ["Esc", "Back to the gallery"],
      ["/", "Search"],
    ],
  ],
  [
    "Compare",
    [
      ["V", "Slider"],
      ["S", "Side by side"],
      ["D", "Difference"],
      ["Z", "Zoom to the edit at 100 %, and back"],
      ["+  −", "Zoom in, zoom out"],
      ["B", "Hold: the original"],
      ["E", "Change the copy or the engine, and redo"],
    ],
  ],
  [
    "Select",
    [
      ["X", "Select the image"],
      ["Shift X", "Select up to here"],
      ["Ctrl A", "Select all that are shown"],
      ["?", "This list"],
    ],
  ],
];

/** Whether keys without Ctrl or Alt do anything: some people speak to their computer, and words are letters. */
function singleKeys() {
  try {
    return localStorage.getItem(KEPT) !== "off";
  } catch {
    return true; // storage may be forbidden; the keys are on then
  }
}

/**
 * Listen for keys. `actions` maps a key (`a`, `ArrowLeft`, `shift+x`, `ctrl+a`) to what it does; an action that
 * gives false did nothing, and the key keeps its usual meaning. `released` likewise, for letting go.
 */
export function listen(actions, released = {}) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || dialogOpen() || event.altKey || event.isComposing) return;
    const key = nameOf(event);
    const action = actions[key];
    if (!action || blocked(event, key)) return;
    if (action(event) !== false) event.preventDefault();
  });
  document.addEventListener("keyup", (event) => released[nameOf(event)]?.());
}

function blocked(event, key) {
  const { target } = event;
  if (target.matches("input:not([type=checkbox]), textarea, select")) {
    if (key === "Escape") {
      target.blur();
      event.preventDefault();
    }
    return true;
  }
  if (key === "Enter" || key === " ") return target.matches("button, a, input, summary");
  return key.length === 1 && !event.ctrlKey && !event.metaKey && !singleKeys();
}

/** Letters by their place where the keyboard writes another script. */
function nameOf(event) {
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1].toLowerCase();
  const typed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const key = letter && !/^[a-z]$/.test(typed) && event.key.length === 1 ? letter : typed;
  if (event.ctrlKey || event.metaKey) return `ctrl+${key}`;
  return event.shiftKey && (letter || key.startsWith("Arrow")) ? `shift+${key}` : key;
}

/** Show the list of keys. */
export function openHelp() {
  const box = el("input", {
    type: "checkbox",
    onchange: () => {
      try {
        localStorage.setItem(KEPT, box.checked ? "on" : "off");
      } catch {
        box.checked = true; // cannot be kept, so it does not pretend to be
      }
    },
  });
  box.checked = singleKeys();
  const groups = LIST.map(([title, keys]) =>
    el(
      "section",
      {},
      el("h3", {}, title),
      el(
        "dl",
        { class: "keys" },
        ...keys.map(([key, what]) =>
          el("div", {}, el("dt", {}, ...key.split(/ +/).map((part) => el("kbd", {}, part))), el("dd", {}, what)),
        ),
      ),
    ),
  );
  openDialog({
    title: "Keys",
    kind: "wide",
    body: [
      el("div", { class: "keylists" }, ...groups),
      el("p", { class: "soft" }, "On a phone: wipe for the next image, press and hold to see the original."),
      el("label", { class: "switch" }, box, "Keys without Ctrl or Alt do something"),
    ],
  });
}
