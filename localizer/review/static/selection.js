// Images chosen together, and what is done with all of them at once.

import { button, el, fill, say, show } from "./dom.js";
import { count, markable, number } from "./words.js";

/** `decide(items, verdict)` is called with those that can be marked; fires `change`. */
export class Selection extends EventTarget {
  #items;
  #chosen = new Map(); // id → image
  #anchor = -1;
  #decide;

  constructor(items, decide) {
    super();
    this.#items = items;
    this.#decide = decide;
    this.text = el("p", { class: "chosen-count" });
    this.bar = el(
      "div",
      { class: "batch", role: "region", "aria-label": "Selected images", hidden: true },
      this.text,
      (this.whole = button({ word: "Select all shown", key: "Control+A", class: "quiet", onclick: () => this.all() })),
      button({ word: "Reject…", sign: "reject", class: "no", onclick: () => this.decide("rejected") }),
      button({ word: "Approve", sign: "approve", class: "yes", onclick: () => this.decide("approved") }),
      button({ label: "Clear the selection", sign: "close", class: "quiet", onclick: () => this.clear() }),
    );
    items.addEventListener("reset", () => this.clear());
  }

  get size() {
    return this.#chosen.size;
  }

  has(id) {
    return this.#chosen.has(id);
  }

  /** Choose or leave one. */
  toggle(index, item) {
    if (!item || !markable(item)) return;
    this.#anchor = index;
    if (!this.#chosen.delete(item.id)) this.#chosen.set(item.id, item);
    this.#draw();
  }

  /** Choose all from the one chosen last to this one. */
  async to(index) {
    if (this.#anchor < 0) this.#anchor = index;
    await this.#add(Math.min(this.#anchor, index), Math.max(this.#anchor, index) + 1);
  }

  /** Choose everything that the filter shows. */
  async all() {
    await this.#add(0, this.#items.total);
  }

  clear() {
    this.#chosen.clear();
    this.#anchor = -1;
    this.#draw();
  }

  /** Do the same to all. */
  decide(verdict) {
    return this.#decide([...this.#chosen.values()], verdict);
  }

  async #add(from, to) {
    show(this.bar, true);
    const query = this.#items.query;
    try {
      const found = await this.#items.range(from, to, (done) => say(this.text, `Selecting ${number(done)}…`));
      if (query !== this.#items.query) return; // another filter meanwhile
      for (const item of found) if (markable(item)) this.#chosen.set(item.id, item);
      this.left = found.length - found.filter(markable).length;
    } catch (problem) {
      this.dispatchEvent(new CustomEvent("problem", { detail: problem }));
    }
    this.#draw();
  }

  #draw() {
    show(this.bar, this.size > 0);
    const left = this.size && this.left ? `; ${number(this.left)} without an image left out` : "";
    fill(this.text, el("strong", {}, number(this.size)), ` selected${left}`);
    if (!this.size) this.left = 0;
    show(this.whole, this.size < this.#items.total - (this.left ?? 0));
    say(this.whole.querySelector(".word"), `Select all ${count(this.#items.total, "image")}`);
    this.dispatchEvent(new Event("change"));
  }
}
