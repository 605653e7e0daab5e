// Marks of a reviewer: shown at once, saved at once, kept until they are saved, taken back by undo.

import { post } from "./api.js";

const AT_ONCE = 400; // marks in one request
const SOONEST = 1000; // milliseconds until the next try
const LATEST = 30_000;

/**
 * Fires `change` (what is unsaved changed), `saved` (`detail` = {version, items}), `conflict` (`detail` =
 * {items, message}) and `problem` (`detail` = Problem; unsaved marks are kept if it may pass).
 */
export class Marks extends EventTarget {
  #key;
  #items;
  #unsaved = new Map(); // id → {item, verdict, reason, before}
  #undo = [];
  #saving = false;
  #wait = SOONEST;
  #timer = 0;

  constructor(key, items) {
    super();
    this.#key = key;
    this.#items = items;
    window.addEventListener("online", () => this.retry());
    window.addEventListener("beforeunload", (event) => {
      if (this.#unsaved.size) event.preventDefault();
    });
  }

  get unsaved() {
    return this.#unsaved.size;
  }

  get undoable() {
    return this.#undo.length > 0;
  }

  /** Mark images; verdict null takes a mark away. */
  set(items, verdict, reason = "") {
    const changed = items.filter(
      ({ mark }) => (mark?.verdict ?? null) !== verdict || (mark?.reason ?? "") !== reason,
    );
    if (!changed.length) return;
    this.#undo.push(changed.map((item) => ({ item, mark: item.mark })));
    this.#put(changed.map((item) => ({ item, verdict, reason })));
  }

  /** Put the marks back as they were before the last change. Gives the images, or null. */
  undo() {
    const last = this.#undo.pop();
    if (!last) return null;
    this.#put(
      last.map(({ item, mark }) => ({
        item: this.#newest(item),
        verdict: mark?.verdict ?? null,
        reason: mark?.reason ?? "",
      })),
    );
    return last.map(({ item }) => this.#newest(item));
  }

  /** Try again at once. */
  retry() {
    clearTimeout(this.#timer);
    this.#wait = SOONEST;
    this.#save();
  }

  /** Resolves when nothing is unsaved, rejects with the Problem that stands in the way. */
  settled() {
    if (!this.#unsaved.size) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const done = new AbortController();
      const on = (name, act) => this.addEventListener(name, act, { signal: done.signal });
      on("change", () => {
        if (this.#unsaved.size) return;
        done.abort();
        resolve();
      });
      on("problem", ({ detail }) => {
        done.abort();
        reject(detail);
      });
      this.retry();
    });
  }

  /** A record with the mark that is not saved yet on it. */
  over(item) {
    const mine = this.#unsaved.get(item.id);
    return mine ? { ...item, mark: this.#mark(mine) } : item;
  }

  #put(changes) {
    for (const { item, verdict, reason } of changes) {
      const before = this.#unsaved.get(item.id)?.before ?? item;
      this.#unsaved.set(item.id, { item: before, verdict, reason, before });
    }
    this.#items.replace(changes.map(({ item }) => this.over(item)));
    this.#fire("change");
    this.#save();
  }

  #mark({ verdict, reason }) {
    return verdict ? { verdict, reason, by: "", at: new Date().toISOString() } : null;
  }

  #newest(item) {
    const index = this.#items.indexOf(item.id);
    return index < 0 ? item : this.#items.at(index);
  }

  async #save() {
    if (this.#saving || !this.#unsaved.size) return;
    this.#saving = true;
    clearTimeout(this.#timer);
    this.#timer = 0;
    const batch = this.#batch();
    try {
      const answer = await post("marks", {
        ...this.#key,
        version: batch[0].before.seen,
        marks: batch.map(({ before, verdict, reason }) => ({ id: before.id, sha: before.sha, verdict, reason })),
      });
      this.#wait = SOONEST;
      this.#forget(batch);
      this.#take(answer);
      this.#fire("saved", answer);
    } catch (problem) {
      this.#fail(problem, batch);
    } finally {
      this.#saving = false;
    }
    this.#fire("change");
    if (this.#unsaved.size && !this.#timer) this.#save();
  }

  /** Marks that rest on the same version go together. */
  #batch() {
    const all = [...this.#unsaved.values()];
    const { seen } = all[0].before;
    return all.filter(({ before }) => before.seen === seen).slice(0, AT_ONCE);
  }

  /** What was saved is no longer unsaved, except where the person changed it again meanwhile. */
  #forget(batch) {
    for (const entry of batch) {
      if (this.#unsaved.get(entry.before.id) === entry) this.#unsaved.delete(entry.before.id);
    }
  }

  #take({ version, items }) {
    for (const item of items) item.seen = version;
    for (const item of items) {
      const again = this.#unsaved.get(item.id);
      if (again) again.before = item;
    }
    this.#items.replace(items.map((item) => this.over(item)));
  }

  #fail(problem, batch) {
    if (problem.kind === "conflict") {
      this.#forget(batch);
      this.#items.replace(batch.map(({ before }) => before));
      const { version, items = [] } = problem.body;
      if (version) this.#take({ version, items });
      this.#fire("conflict", { items, message: problem.message, lost: batch.map(({ before }) => before) });
    } else if (problem.passing) {
      this.#timer = setTimeout(() => {
        this.#timer = 0;
        this.#save();
      }, this.#wait);
      this.#wait = Math.min(2 * this.#wait, LATEST);
      this.#fire("problem", problem);
    } else if (problem.kind === "signed-out") {
      this.#timer = -1; // until somebody calls retry
      this.#fire("problem", problem);
    } else {
      this.#forget(batch);
      this.#items.replace(batch.map(({ before }) => before));
      this.#fire("problem", problem);
    }
  }

  #fire(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
