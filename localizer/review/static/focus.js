// One image at a time: the stage, what is known of it, and the two buttons that matter.

import { get } from "./api.js";
import { announce } from "./announce.js";
import { fillDetail } from "./detail.js";
import { button, el, fill, say, show } from "./dom.js";
import { Stage } from "./stage.js";
import { markable, number, spoken } from "./words.js";

const BESIDE = [1, 2, -1]; // neighbours whose pictures are fetched ahead

/**
 * `act`: `look(index)`, `total()`, `names()`, `image(item, kind)`, `decide(item, verdict)`, `redo(item)`, `undo()`,
 * `mayMark()`, `mayRedo()`, `want(index)`, `closed(index)`, `direction()`, and `key`: the run's parameters.
 */
export class Focus {
  #act;
  #details = new Map(); // id → {sha, detail}
  #flight = null;
  #drawn = "";
  #told = ""; // id of the image that was announced
  #leaving = false;

  index = -1;
  item = null;

  constructor(act) {
    this.#act = act;
    this.stage = new Stage({ image: act.image, swipe: (direction) => this.#swipe(direction) });
    this.title = el("h2", { tabindex: "-1" });
    this.place = el("p", { class: "place" });
    this.panel = {
      verdict: el("div", { class: "verdicts" }),
      copy: el("div", {}),
      checks: el("div", {}),
      facts: el("div", {}),
    };
    this.previous = button({ label: "Previous image", sign: "back", key: "K", class: "quiet", onclick: () => this.step(-1) });
    this.next = button({ label: "Next image", sign: "next", key: "J", class: "quiet", onclick: () => this.step(1) });
    this.reject = button({ word: "Reject", sign: "reject", key: "R", class: "no big", onclick: () => act.decide(this.item, "rejected") });
    this.approve = button({ word: "Approve", sign: "approve", key: "A", class: "yes big", onclick: () => act.decide(this.item, "approved") });
    this.redo = button({ word: "Change and redo…", sign: "redo", key: "E", class: "quiet", onclick: () => act.redo(this.item) });
    this.undo = button({ label: "Undo", sign: "undo", key: "U", class: "quiet", onclick: () => act.undo() });
    this.cannot = el("p", { class: "cannot soft" });
    this.bar = el("div", { class: "deciding" }, this.cannot, this.reject, this.approve);
    this.moving = el("div", { class: "moving" }, this.previous, this.next);
    const head = el(
      "header",
      { class: "top" },
      button({ label: "Back to the gallery", sign: "back", key: "Escape", word: "Gallery", class: "quiet", onclick: () => this.close() }),
      el("div", { class: "naming" }, this.title, this.place),
      this.undo,
      this.moving,
    );
    const side = el(
      "div",
      { class: "side" },
      el(
        "div",
        { class: "reading", tabindex: "0", role: "region", "aria-label": "About this image" },
        this.panel.verdict,
        el("h3", {}, "Copy"),
        this.panel.copy,
        el("div", { class: "redo" }, this.redo),
        el("h3", {}, "Checks"),
        this.panel.checks,
        this.panel.facts,
      ),
      this.bar,
    );
    this.node = el("section", { class: "focus", "aria-label": "One image", hidden: true }, head, this.stage.node, side);
    this.reading = side.firstChild;
    window.addEventListener("popstate", () => {
      if (this.open && !history.state?.focus) this.#hide();
      else if (!this.open && history.state?.focus) history.back(); // forward into a view that is gone
    });
  }

  get open() {
    return !this.node.hidden;
  }

  /** Show the image at a place. */
  show(index) {
    const total = this.#act.total();
    if (!total) return;
    this.index = Math.max(0, Math.min(index, total - 1));
    this.item = this.#act.look(this.index) ?? null;
    this.#act.want(this.index);
    if (this.open) {
      this.draw();
      return;
    }
    show(this.node, true);
    document.documentElement.classList.add("focused");
    history.pushState({ focus: true }, "");
    this.#leaving = false;
    this.draw();
    this.title.focus({ preventScroll: true });
  }

  step(by) {
    const there = this.index + by;
    if (there < 0 || there >= this.#act.total()) {
      announce(by > 0 ? "This is the last image." : "This is the first image.");
      return;
    }
    this.show(there);
  }

  /** Read on below the stage. */
  scroll(by) {
    this.reading.scrollBy({ top: by * 80 });
  }

  /** Back to the gallery, as by the browser's own button. */
  close() {
    if (!this.open || this.#leaving) return;
    this.#leaving = true;
    history.back();
  }

  /** The list changed. What is shown never becomes another image by itself: a key may be on its way down. */
  follow(indexOf) {
    if (!this.open) return;
    if (this.item) {
      const index = indexOf(this.item.id);
      if (index >= 0) this.index = index;
      this.item = (index >= 0 && this.#act.look(index)) || this.item;
    } else this.item = this.#act.look(this.index) ?? null;
    this.draw();
  }

  /** Show what is known now. */
  draw() {
    if (!this.open) return;
    const total = this.#act.total();
    const { item } = this;
    say(this.place, `${number(this.index + 1)} of ${number(total)}`);
    this.previous.disabled = this.index <= 0;
    this.next.disabled = this.index >= total - 1;
    this.node.setAttribute("aria-busy", String(!item));
    if (!item) {
      this.#drawn = "";
      say(this.title, "Loading…");
      return;
    }
    const names = this.#act.names();
    const direction = this.#act.direction();
    const written = JSON.stringify([item, this.#act.mayMark(), this.#act.mayRedo(), direction]);
    if (written === this.#drawn) return;
    this.#drawn = written;
    fill(
      this.title,
      el("span", { dir: "auto" }, item.asset_id),
      el("span", { class: "soft" }, ` · ${names.get(item.locale) ?? item.locale}`),
    );
    this.moving.dir = direction;
    this.stage.direction = direction;
    this.stage.show(item);
    const known = this.#details.get(item.id);
    const detail = known?.sha === item.sha && known?.status === item.status ? known.detail : null;
    if (this.#told !== item.id) {
      this.#told = item.id;
      fill(this.panel.checks, el("p", { class: "soft" }, "…"));
      fill(this.panel.facts);
      this.reading.scrollTop = 0;
      this.node.scrollTop = 0;
      announce(`${spoken(item, names)} ${this.index + 1} of ${total}.`);
    }
    this.#panel(item, detail);
    this.#buttons(item);
    if (!detail) this.#fetch(item);
    this.#ahead();
  }

  #panel(item, detail) {
    fillDetail(this.panel, item, detail, {
      touch: (place) => this.stage.outline(place),
      zoom: (place) => this.stage.edit(place),
      clear: this.#act.mayMark() && markable(item) ? () => this.#act.decide(item, null) : null,
    });
  }

  #buttons(item) {
    const can = this.#act.mayMark() && markable(item);
    show(this.reject, can);
    show(this.approve, can);
    show(this.undo, this.#act.mayMark());
    this.approve.setAttribute("aria-pressed", String(item.mark?.verdict === "approved"));
    this.reject.setAttribute("aria-pressed", String(item.mark?.verdict === "rejected"));
    show(this.redo.parentNode, this.#act.mayRedo() && item.status !== "waiting");
    this.redo.disabled = Boolean(item.redo);
    show(this.cannot, !can);
    say(this.cannot, can ? "" : this.#why(item));
  }

  #why(item) {
    if (item.status === "waiting") return "This image is not ready yet.";
    if (item.status === "failed" || !item.has_image) {
      return "There is no image to approve. It will not be published.";
    }
    return "You can look at this review, but not change it.";
  }

  async #fetch(item) {
    this.#flight?.abort();
    const flight = new AbortController();
    this.#flight = flight;
    try {
      const { body } = await get("item", { ...this.#act.key, id: item.id }, { signal: flight.signal });
      if (this.#details.size > 200) this.#details.clear();
      this.#details.set(item.id, { sha: body.sha, status: body.status, detail: body });
      if (this.item?.id === item.id) {
        this.#panel(this.item, body);
      }
    } catch (problem) {
      if (problem.name === "AbortError" || this.item?.id !== item.id) return;
      fill(this.panel.checks, el("p", { class: "soft" }, `The checks could not be loaded. ${problem.message}`));
    }
  }

  #ahead() {
    for (const by of BESIDE) {
      const item = this.#act.look(this.index + by);
      if (item?.has_image) new Image().src = this.#act.image(item, "candidate");
      if (item?.has_source) new Image().src = this.#act.image(item, "source");
    }
  }

  #swipe(direction) {
    const forward = this.#act.direction() === "rtl" ? "right" : "left";
    this.step(direction === forward ? 1 : -1);
  }

  #hide() {
    show(this.node, false);
    document.documentElement.classList.remove("focused");
    this.#flight?.abort();
    const { index } = this;
    this.item = null;
    this.#drawn = "";
    this.#told = "";
    this.#act.closed(index);
  }
}
