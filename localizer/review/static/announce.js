// What the page tells in passing: a line for screen readers, a small note with an undo for everybody.

import { button, el, show } from "./dom.js";

const region = el("div", { class: "unseen", role: "status", "aria-live": "polite" });
const note = el("div", { class: "note", hidden: true });
const TOGETHER = 100; // milliseconds
const waiting = [];
let telling = 0;
let timer = 0;

/** Put both onto the page. Once. */
export function installAnnouncements() {
  document.body.append(region, note);
}

/** Tell a screen reader, when it is done with what it says. What comes at the same moment is told together. */
export function announce(text) {
  region.textContent = "";
  waiting.push(text);
  clearTimeout(telling);
  telling = setTimeout(() => {
    region.textContent = waiting.splice(0).join(" ");
  }, TOGETHER); // an empty region first, so that the same words twice are said twice
}

/** Show a note for some seconds, and tell it. `act` is `{word, key, run}`. */
export function tell(text, { act, tone = "plain", seconds = 6 } = {}) {
  clearTimeout(timer);
  note.dataset.tone = tone;
  note.replaceChildren(el("p", {}, text));
  if (act) {
    note.append(
      button({
        word: act.word,
        key: act.key,
        class: "quiet",
        onclick: () => {
          hush();
          act.run();
        },
      }),
    );
  }
  note.append(button({ label: "Dismiss", sign: "close", class: "quiet", onclick: hush }));
  show(note, true);
  announce(text);
  if (seconds) timer = setTimeout(hush, seconds * 1000);
}

/** Take the note away. */
function hush() {
  clearTimeout(timer);
  show(note, false);
}
