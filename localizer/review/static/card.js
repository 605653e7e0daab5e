// One image in the gallery: picture, name, why it is shown here, what was decided.

import { button, el, fill, icon, say, show } from "./dom.js";
import { STATUS, markWords, markable, spoken, why } from "./words.js";

/**
 * A card that is filled again and again while the gallery scrolls.
 *
 * `act` has `open(index)`, `decide(item, verdict)`, `choose(index, {range})`; `thumbnail(item)` gives an address.
 */
export class Card {
  #shown = ""; // what the elements say now
  #source = ""; // address of the picture, once it may load

  constructor(act) {
    this.picture = el("img", { alt: "", decoding: "async", draggable: "false" });
    this.picture.addEventListener("load", () => this.box.classList.add("loaded"));
    this.picture.addEventListener("error", () => this.box.classList.add("broken"));
    this.box = el("span", { class: "box" }, this.picture);
    this.name = el("span", { class: "name" });
    this.tag = el("span", { class: "tag" });
    this.why = el("span", { class: "why" });
    this.opener = el(
      "button",
      {
        type: "button",
        class: "opener",
        onclick: (event) =>
          event.shiftKey || event.metaKey || event.ctrlKey
            ? act.choose(this.index, { range: event.shiftKey })
            : act.open(this.index),
      },
      this.box,
      el("span", { class: "line" }, this.name, this.tag),
      this.why,
    );
    this.verdict = el("span", { class: "verdict" });
    this.tick = el("input", {
      type: "checkbox",
      onclick: (event) => act.choose(this.index, { range: event.shiftKey }),
    });
    this.approve = button({
      label: "Approve",
      sign: "approve",
      class: "round yes",
      onclick: () => act.decide(this.item, "approved"),
    });
    this.reject = button({
      label: "Reject",
      sign: "reject",
      class: "round no",
      onclick: () => act.decide(this.item, "rejected"),
    });
    this.quick = el("span", { class: "quick" }, this.reject, this.approve);
    this.node = el(
      "div",
      { role: "listitem", class: "card" },
      this.opener,
      el("label", { class: "tick" }, this.tick),
      this.verdict,
      this.quick,
    );
  }

  /** Show an image, or an empty box while it is not known. */
  update(index, item, { total, names, chosen, current, mayMark }) {
    this.index = index;
    this.node.setAttribute("aria-posinset", index + 1);
    this.node.setAttribute("aria-setsize", total);
    this.node.classList.toggle("chosen", chosen);
    this.node.classList.toggle("current", current);
    const tab = current ? 0 : -1; // one stop for Tab, however many images there are
    for (const part of [this.opener, this.tick, this.approve, this.reject]) part.tabIndex = tab;
    this.tick.checked = chosen;
    const shown = item ? JSON.stringify([item, mayMark]) : "";
    if (shown === this.#shown && item === this.item) return;
    this.#shown = shown;
    const same = ["id", "sha", "has_image"].every((fact) => this.item?.[fact] === item?.[fact]);
    this.item = item;
    if (!same) this.#forget();
    this.node.classList.toggle("empty", !item);
    if (item) this.#tell(item, names, mayMark);
    else this.#blank();
  }

  /** Load the picture now. */
  load(address) {
    if (this.#source === address) return;
    this.#source = address;
    if (address) this.picture.src = address;
  }

  get waits() {
    return Boolean(this.item?.has_image || this.item?.has_source) && !this.#source;
  }

  #forget() {
    this.#source = "";
    this.picture.removeAttribute("src");
    this.box.classList.remove("loaded", "broken");
  }

  #blank() {
    this.opener.setAttribute("aria-label", `Image ${this.index + 1}, loading`);
    for (const part of [this.name, this.tag, this.why]) say(part, "");
    for (const part of [this.verdict, this.quick, this.tick.parentNode]) show(part, false);
  }

  #tell(item, names, mayMark) {
    this.opener.setAttribute("aria-label", `${spoken(item, names)} Open`);
    this.node.dataset.status = item.status;
    this.node.dataset.mark = item.mark?.verdict ?? "";
    say(this.name, item.asset_id);
    say(this.tag, item.locale);
    this.tag.title = names.get(item.locale) ?? item.locale;
    const copy = item.copy?.find(({ replacement }) => replacement);
    const text = item.redo ? "Being redone…" : item.status === "passed" ? copy?.replacement : why(item.reason, true);
    say(this.why, text || (item.status === "passed" ? "" : STATUS[item.status]));
    const copied = item.status === "passed" && copy && !item.redo;
    this.why.lang = copied ? item.locale : "en";
    this.why.dir = copied ? item.dir : "ltr";
    const label = `${item.asset_id}, ${names.get(item.locale) ?? item.locale}`;
    const can = mayMark && markable(item);
    show(this.tick.parentNode, can);
    show(this.quick, can);
    this.tick.setAttribute("aria-label", `Select ${label}`);
    this.approve.setAttribute("aria-label", `Approve ${label}`);
    this.reject.setAttribute("aria-label", `Reject ${label}`);
    show(this.verdict, Boolean(item.mark));
    if (item.mark) {
      fill(this.verdict, icon(item.mark.verdict === "approved" ? "approve" : "reject"));
      this.verdict.title = markWords(item.mark);
    }
    this.box.dataset.without = item.has_image ? "" : item.status === "waiting" ? "Not ready yet" : "No image";
  }
}
