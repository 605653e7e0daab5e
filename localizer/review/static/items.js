// The images of a run under a filter, in pages that come when they are looked at.
//
// A run may have 50,000 images, so neither all records nor all elements are ever held. A page that is out
// of date stays in view until its successor is here.

import { get } from "./api.js";

const PAGE = 100;
const BULK = 1000; // images at once, where all of a range are wanted
const KEPT = 60; // pages
const AT_ONCE = 3; // requests
const ORDER = ["needs_review", "failed", "waiting", "passed"];

/** Fires `reset` (another filter), `sections` (other totals), `items` (`detail` = [from, to)) and `problem`. */
export class Items extends EventTarget {
  #key;
  #query = {};
  #pages = new Map(); // number → {items, stale, used}
  #flights = new Map(); // number → AbortController
  #wanted = [];
  #age = 0; // of the filter; answers of an older one are dropped

  total = 0;
  sections = [];
  known = false; // whether the totals are
  version = ""; // of the run, as the list shows it

  constructor(key) {
    super();
    this.#key = key;
  }

  get query() {
    return this.#query;
  }

  /** Show another filter. Resolves when its first page is here. */
  async open(query) {
    this.#query = query;
    this.#age += 1;
    this.#drop();
    this.#pages.clear();
    this.known = false;
    this.total = 0;
    this.sections = [];
    this.#fire("reset");
    await this.#load(0);
  }

  /** All pages are out of date; those in view come again. */
  refresh() {
    for (const page of this.#pages.values()) page.stale = true;
    this.#drop();
    if (this.#wanted.length) this.want(...this.#wanted);
    else this.#load(0);
  }

  /** The image at a place, or undefined while it is not here. */
  at(index) {
    return this.#pages.get(Math.floor(index / PAGE))?.items[index % PAGE];
  }

  /** Where an image is, among the pages that are here; -1 if nowhere. */
  indexOf(id) {
    for (const [number, page] of this.#pages) {
      const place = page.items.findIndex((item) => item.id === id);
      if (place >= 0) return number * PAGE + place;
    }
    return -1;
  }

  /** These places are in view: what is missing of them comes now, nothing else does. */
  want(from, to) {
    this.#wanted = [from, to];
    const first = Math.floor(Math.max(0, from) / PAGE);
    const last = Math.floor(Math.max(0, Math.min(to, this.total) - 1) / PAGE);
    for (const [number, flight] of this.#flights) {
      if (number < first || number > last) flight.abort();
    }
    for (let number = first; number <= last; number += 1) {
      const page = this.#pages.get(number);
      if (page) page.used = performance.now();
      if ((!page || page.stale) && !this.#flights.has(number) && this.#flights.size < AT_ONCE) this.#load(number);
    }
  }

  /** All images of a range of places, whether they are here or not. Throws Problem. */
  async range(from, to, progress = () => {}) {
    const items = [];
    while (from + items.length < to) {
      const offset = from + items.length;
      const page = this.#pages.get(Math.floor(offset / PAGE));
      const here = page && !page.stale ? page.items.slice(offset % PAGE, (offset % PAGE) + to - offset) : [];
      const more = here.length ? here : (await this.#ask(offset, Math.min(BULK, to - offset))).items;
      if (!more.length) break; // the list became shorter
      items.push(...more);
      progress(items.length);
    }
    return items;
  }

  /** Put newer records in the place of the ones that are here. */
  replace(items) {
    const newer = new Map(items.map((item) => [item.id, item]));
    for (const [number, page] of this.#pages) {
      let changed = false;
      page.items = page.items.map((item) => {
        const other = newer.get(item.id);
        changed ||= other !== undefined;
        return other ?? item;
      });
      if (changed) this.#fire("items", [number * PAGE, number * PAGE + page.items.length]);
    }
  }

  async #load(number) {
    const age = this.#age;
    const flight = new AbortController();
    this.#flights.set(number, flight);
    try {
      const answer = await this.#ask(number * PAGE, PAGE, flight.signal);
      if (age !== this.#age) return;
      this.#pages.set(number, { items: answer.items, stale: false, used: performance.now() });
      this.#count(answer);
      this.#evict();
      this.#fire("items", [number * PAGE, number * PAGE + answer.items.length]);
    } catch (error) {
      if (error.name !== "AbortError" && age === this.#age) this.#fire("problem", error);
      return;
    } finally {
      if (this.#flights.get(number) === flight) this.#flights.delete(number);
    }
    if (this.#wanted.length) this.want(...this.#wanted);
  }

  async #ask(offset, limit, signal) {
    const { body } = await get("items", { ...this.#key, ...this.#query, offset, limit }, { signal });
    for (const item of body.items) item.seen = body.version; // what a mark on it rests on
    return body;
  }

  #count(answer) {
    let start = 0;
    const sections = [];
    for (const status of ORDER) {
      const count = answer.by_status[status] ?? 0;
      if (count) sections.push({ status, start, count });
      start += count;
    }
    const same = this.known && JSON.stringify(sections) === JSON.stringify(this.sections);
    this.total = answer.total;
    this.sections = sections;
    this.known = true;
    this.version = answer.version;
    if (!same) this.#fire("sections");
  }

  #evict() {
    if (this.#pages.size <= KEPT) return;
    const oldest = [...this.#pages].sort((a, b) => a[1].used - b[1].used);
    for (const [number] of oldest.slice(0, this.#pages.size - KEPT)) this.#pages.delete(number);
  }

  #drop() {
    for (const flight of this.#flights.values()) flight.abort();
    this.#flights.clear();
  }

  #fire(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
