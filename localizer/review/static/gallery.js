// The gallery: sections by verdict, exceptions first, of which only what is in view exists.

import { Card } from "./card.js";
import { el, say } from "./dom.js";
import { STATUS, number } from "./words.js";

const GAP = 16; // px, also in gallery.css
const HEAD = 46; // px, of a section, below the page's own
const AHEAD = 0.75; // screens drawn above and below
const FLING = 2.5; // screens a second; beyond, pictures wait until the hand rests
const REST = 90; // milliseconds

/**
 * `look(index)` gives the record at a place, `thumbnail(item)` its picture; `act` as in Card, with `mayMark()`,
 * `names()` and `chosen(id)`.
 */
export class Gallery {
  #items;
  #act;
  #sections = []; // {status, start, count, node, list, height}
  #cards = new Map(); // index → Card
  #spare = [];
  #drawing = 0;
  #resting = 0;
  #last = { top: 0, at: 0 };

  current = 0;

  constructor(root, items, act) {
    this.root = root;
    this.#items = items;
    this.#act = act;
    items.addEventListener("reset", () => this.#reset());
    items.addEventListener("sections", () => this.#lay());
    items.addEventListener("items", () => this.draw());
    window.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.#measure()).observe(root);
    root.addEventListener("focusin", (event) => this.#follow(event));
  }

  /** Draw what is in view, at most once a frame. */
  draw() {
    if (!this.#drawing) this.#drawing = requestAnimationFrame(() => this.#draw());
  }

  /** Move the place that keys speak of, and bring it into view. */
  go(index, { focus = true } = {}) {
    if (!this.#items.total) return;
    this.current = Math.max(0, Math.min(index, this.#items.total - 1));
    this.#reveal(this.current);
    this.#draw();
    if (focus) this.#cards.get(this.current)?.opener.focus({ preventScroll: true });
  }

  /** The image that keys speak of, as it is shown. */
  get item() {
    return this.#cards.get(this.current)?.item;
  }

  /** The place one row up or down. */
  vertical(step) {
    const section = this.#sectionOf(this.current);
    if (!section) return this.current;
    const place = this.current - section.start;
    const there = place + step * this.columns;
    if (there >= 0 && there < section.count) return section.start + there;
    const column = place % this.columns;
    const next = this.#sections[this.#sections.indexOf(section) + step];
    if (!next) return this.current;
    if (step > 0) return next.start + Math.min(column, next.count - 1);
    const rows = Math.ceil(next.count / this.columns);
    return next.start + Math.min((rows - 1) * this.columns + column, next.count - 1);
  }

  /** Whether the gallery reads from right to left. */
  set direction(dir) {
    if (this.root.dir === dir) return;
    this.root.dir = dir;
    this.draw();
  }

  #reset() {
    this.current = 0;
    for (const card of this.#cards.values()) this.#retire(card);
    this.#cards.clear();
    this.#sections = [];
    this.root.replaceChildren(el("div", { class: "skeleton", "aria-hidden": "true" }, ...ghosts()));
    this.root.setAttribute("aria-busy", "true");
  }

  #lay() {
    this.root.setAttribute("aria-busy", "false");
    const before = new Map(this.#sections.map((section) => [section.status, section]));
    this.#sections = this.#items.sections.map(({ status, start, count }) => {
      const section = before.get(status) ?? this.#section(status);
      say(section.count_, number(count));
      return Object.assign(section, { start, count });
    });
    const nodes = this.#sections.map(({ node }) => node);
    if (nodes.some((node, place) => this.root.children[place] !== node) || this.root.children.length !== nodes.length)
      this.root.replaceChildren(...nodes);
    const focused = this.root.contains(document.activeElement);
    for (const card of this.#cards.values()) this.#retire(card);
    this.#cards.clear();
    this.current = Math.min(this.current, Math.max(0, this.#items.total - 1));
    this.#measure();
    if (focused) this.#cards.get(this.current)?.opener.focus({ preventScroll: true });
  }

  #section(status) {
    const id = `section-${status}`;
    const count_ = el("span", { class: "count" });
    const list = el("div", { role: "list", class: "cards", "aria-labelledby": id });
    const head = el("h2", { id, class: "head", "data-status": status }, el("span", {}, STATUS[status]), count_);
    return { status, list, count_, node: el("section", { class: "section" }, head, list) };
  }

  #measure() {
    const style = getComputedStyle(this.root);
    this.width = this.root.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const least = parseFloat(style.getPropertyValue("--card"));
    const text = parseFloat(style.getPropertyValue("--card-text"));
    this.columns = Math.max(1, Math.floor((this.width + GAP) / (least + GAP)));
    this.cell = (this.width - GAP * (this.columns - 1)) / this.columns;
    this.row = this.cell + text + GAP;
    for (const section of this.#sections) {
      section.list.style.height = `${Math.ceil(section.count / this.columns) * this.row}px`;
    }
    this.#draw();
  }

  #draw() {
    cancelAnimationFrame(this.#drawing);
    this.#drawing = 0;
    if (!this.#sections.length || !(this.width > 0)) return;
    const screen = window.innerHeight;
    const fast = this.#speed(screen) > FLING;
    const needed = new Map(); // index → [section, is in view]
    let from = Infinity;
    let to = -1;
    for (const section of this.#sections) {
      const { top, bottom } = section.list.getBoundingClientRect();
      if (bottom < -screen * AHEAD || top > screen * (1 + AHEAD)) continue;
      const first = Math.max(0, Math.floor((-screen * AHEAD - top) / this.row)) * this.columns;
      const rows = Math.ceil((screen * (1 + AHEAD) - top) / this.row);
      const last = Math.min(section.count, Math.max(0, rows) * this.columns);
      for (let place = first; place < last; place += 1) {
        const y = top + Math.floor(place / this.columns) * this.row;
        needed.set(section.start + place, [section, y < screen && y + this.row > 0]);
      }
      if (last > first) {
        from = Math.min(from, section.start + first);
        to = Math.max(to, section.start + last);
      }
    }
    const section = this.#sectionOf(this.current);
    if (section && !needed.has(this.current)) needed.set(this.current, [section, false]); // keeps the focus
    for (const [index, card] of this.#cards) {
      if (needed.has(index)) continue;
      this.#retire(card);
      this.#cards.delete(index);
    }
    for (const [index, [place]] of needed) this.#place(index, place);
    if (to > from) this.#items.want(from, to);
    this.#pictures(needed, fast);
  }

  #place(index, section) {
    let card = this.#cards.get(index);
    if (!card) {
      card = this.#spare.pop() ?? new Card(this.#act);
      this.#cards.set(index, card);
      section.list.append(card.node);
    }
    const item = this.#act.look(index);
    card.update(index, item, {
      total: this.#items.total,
      names: this.#act.names(),
      chosen: Boolean(item) && this.#act.chosen(item.id),
      current: index === this.current,
      mayMark: this.#act.mayMark(),
    });
    const place = index - section.start;
    const column = place % this.columns;
    const x = (this.root.dir === "rtl" ? this.columns - 1 - column : column) * (this.cell + GAP);
    const y = Math.floor(place / this.columns) * this.row;
    card.node.style.transform = `translate(${x}px, ${y}px)`;
    card.node.style.width = `${this.cell}px`;
    card.node.style.height = `${this.row - GAP}px`;
    card.box.style.height = `${this.cell}px`;
    card.node.style.setProperty("--cell", `${this.cell}px`);
  }

  /** What is in view loads first; while the page flies past, nothing does. */
  #pictures(needed, fast) {
    clearTimeout(this.#resting);
    if (fast) {
      this.#resting = setTimeout(() => this.#draw(), REST);
      return;
    }
    const ordered = [...needed].sort((a, b) => Number(b[1][1]) - Number(a[1][1]) || a[0] - b[0]);
    for (const [index] of ordered) {
      const card = this.#cards.get(index);
      if (card.waits) card.load(this.#act.thumbnail(card.item));
    }
  }

  #speed(screen) {
    const now = performance.now();
    const { top, at } = this.#last;
    this.#last = { top: window.scrollY, at: now };
    return now - at > 4 * REST ? 0 : (Math.abs(window.scrollY - top) / screen / Math.max(8, now - at)) * 1000;
  }

  #retire(card) {
    card.node.remove();
    card.update(-1, undefined, { total: 0, names: new Map() });
    this.#spare.push(card);
  }

  #sectionOf(index) {
    return this.#sections.find(({ start, count }) => index >= start && index < start + count);
  }

  #reveal(index) {
    const section = this.#sectionOf(index);
    if (!section) return;
    const top = section.list.getBoundingClientRect().top;
    const y = top + Math.floor((index - section.start) / this.columns) * this.row;
    const head = HEAD + (parseFloat(document.documentElement.style.getPropertyValue("--top")) || 0);
    if (y < head) window.scrollBy({ top: y - head, behavior: "instant" });
    else if (y + this.row > window.innerHeight - 72)
      window.scrollBy({ top: y + this.row - window.innerHeight + 72, behavior: "instant" });
  }

  /** A click or Tab into a card makes it the one that keys speak of. */
  #follow(event) {
    for (const [index, card] of this.#cards) {
      if (!card.node.contains(event.target) || index === this.current) continue;
      this.current = index;
      this.draw();
    }
  }
}

const ghosts = () => Array.from({ length: 12 }, () => el("div", { class: "ghost" }));
