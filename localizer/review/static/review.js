// The review of one run: what there is, what is shown, what is decided, put together.

import { announce, tell } from "./announce.js";
import { address } from "./api.js";
import { askReason } from "./dialogs.js";
import { button, el, fill, show } from "./dom.js";
import { Filters } from "./filters.js";
import { openFinish } from "./finish.js";
import { Focus } from "./focus.js";
import { Gallery } from "./gallery.js";
import { Heading } from "./heading.js";
import { Items } from "./items.js";
import { listen, openHelp } from "./keyboard.js";
import { Marks } from "./marks.js";
import { poll } from "./poll.js";
import { Redone, openRedo } from "./redo.js";
import { Selection } from "./selection.js";
import { openTakeBack } from "./takeback.js";
import { emptyPanel, problemPanel } from "./states.js";
import { count, localeNames, markable, number } from "./words.js";

const PAUSES = { planning: 3000, copy: 6000, editing: 3000, reviewing: 6000, publishing: 2000 }; // milliseconds
const ENDED = 60_000;
const ASKING = new Set(["always", "exceptions_only"]);
const MARKABLE = new Set(["planning", "editing", "reviewing"]);

/** Show the review of the run that `key` names. */
export function showReview(root, key) {
  return new Review(root, key);
}

class Review {
  run = null;
  #names = new Map();
  #down = false; // the last request failed
  #redone = new Redone();
  #fresh = 0; // results that are not shown yet

  constructor(root, key) {
    this.key = key;
    this.items = new Items(key);
    this.marks = new Marks(key, this.items);
    this.filters = new Filters((query) => {
      this.gallery.direction = this.filters.direction;
      this.items.open(query);
    });
    this.selection = new Selection(this.items, (items, verdict) => this.decide(items, verdict));
    this.heading = new Heading({ key, takeBack: (run) => openTakeBack({ key, run }), finish: () => this.finish(), help: openHelp });
    this.content = el("div", { class: "gallery", id: "gallery" });
    this.instead = el("div", { class: "instead", hidden: true });
    this.news = button({ word: "New results", sign: "redo", class: "news", hidden: true, onclick: () => this.#catchUp() });
    this.gallery = new Gallery(this.content, this.items, this.#cards());
    this.focus = new Focus(this.#looks());
    this.rest = el(
      "div",
      { class: "rest" },
      this.heading.node,
      this.filters.bar,
      el("div", { class: "columns" }, this.filters.languages, el("main", {}, this.news, this.instead, this.content)),
      this.selection.bar,
    );
    fill(root, this.rest, this.focus.node);
    this.#wire();
    this.#keys();
    this.polling = poll("run", key, {
      news: (run) => this.#news(run),
      alive: () => this.#alive(),
      trouble: (problem) => this.#trouble(problem),
      pause: ({ state }) => PAUSES[state] ?? ENDED,
    });
    this.items.open(this.filters.query);
  }

  /** The record at a place, with the mark that is still being saved. */
  at(index) {
    const item = this.items.at(index);
    return item && this.marks.over(item);
  }

  get mayMark() {
    if (!this.run?.may.review || !ASKING.has(this.run.policy)) return false;
    return this.run.request ? this.run.request.open : MARKABLE.has(this.run.state);
  }

  get mayRedo() {
    return Boolean(this.run?.may.redo && this.run.request?.open);
  }

  /** Mark images; a rejection asks why first. Gives whether it was done. */
  async decide(items, verdict) {
    const able = items.filter((item) => item && markable(item));
    if (!this.mayMark || !able.length) {
      announce("This image cannot be marked.");
      return false;
    }
    const many = able.length > 1;
    let reason = "";
    if (verdict === "rejected") {
      const title = many ? `Reject ${count(able.length, "image")}` : `Reject ${able[0].asset_id} · ${able[0].locale}`;
      reason = await askReason({ title, hint: many ? "One reason for all of them." : "" });
      if (reason === null) return false;
    }
    this.marks.set(able, verdict, reason);
    const done = { approved: "Approved", rejected: "Rejected" }[verdict] ?? "Mark removed from";
    const what = many ? count(able.length, "image") : `${able[0].asset_id} · ${able[0].locale}`;
    if (this.focus.open && !many) announce(`${done} ${what}.`);
    else tell(`${done} ${what}.`, { act: { word: "Undo", key: "U", run: () => this.undo() }, seconds: many ? 12 : 4 });
    if (many) this.selection.clear();
    return true;
  }

  undo() {
    const items = this.mayMark ? this.marks.undo() : null;
    if (!items) {
      announce("There is nothing to undo.");
      return;
    }
    tell(items.length > 1 ? `Undone for ${count(items.length, "image")}.` : `Undone: ${items[0].asset_id} · ${items[0].locale}.`);
    const index = items.length === 1 ? this.items.indexOf(items[0].id) : -1;
    if (index < 0) return;
    if (this.focus.open) this.focus.show(index);
    else this.gallery.go(index);
  }

  finish() {
    if (!this.run?.may.review || !this.run.request?.open) return;
    openFinish({
      key: this.key,
      marks: this.marks,
      look: (filter) => this.#look(filter),
      sent: (choice, { published }) => {
        tell(choice === "approve" ? `Sent. ${count(published, "image")} will be published.` : "Sent.", { tone: "good", seconds: 12 });
        this.polling.now();
      },
    });
  }

  redo(item) {
    if (!item || !this.mayRedo || item.redo || item.status === "waiting") return false;
    openRedo({
      key: this.key,
      item,
      engine: item.engine ?? "",
      engines: this.run.engines,
      sent: () => {
        this.#redone.begin(item);
        this.items.replace([{ ...item, redo: "waiting" }]);
        tell(`${item.asset_id} · ${item.locale} is being made anew. You can go on.`);
        this.polling.now();
      },
    });
    return true;
  }

  /** What the verdict keys do, wherever one is. */
  async #verdict(verdict) {
    const focused = this.focus.open;
    if (!focused && this.selection.size > 1) {
      this.selection.decide(verdict);
      return;
    }
    const item = focused ? this.focus.item : this.gallery.item;
    if (!item || !(await this.decide([item], verdict))) return;
    if (focused && this.focus.open && this.focus.item?.id === item.id) this.focus.step(1);
    else if (!focused) this.gallery.go(this.gallery.current + 1);
  }

  #cards() {
    return {
      look: (index) => this.at(index),
      thumbnail: (item) => this.#image(item, item.has_image ? "thumbnail" : "source-thumbnail"),
      names: () => this.#names,
      mayMark: () => this.mayMark,
      chosen: (id) => this.selection.has(id),
      open: (index) => this.focus.show(index),
      decide: (item, verdict) => this.decide([item], verdict),
      choose: (index, { range }) => (range ? this.selection.to(index) : this.selection.toggle(index, this.at(index))),
    };
  }

  #looks() {
    return {
      key: this.key,
      look: (index) => this.at(index),
      total: () => this.items.total,
      names: () => this.#names,
      image: (item, kind) => this.#image(item, kind),
      direction: () => this.filters.direction,
      mayMark: () => this.mayMark,
      mayRedo: () => this.mayRedo,
      want: (index) => this.items.want(index - 2, index + 3),
      decide: async (item, verdict) => {
        if (verdict) await this.#verdict(verdict);
        else if (item) await this.decide([item], null);
      },
      redo: (item) => this.redo(item),
      undo: () => this.undo(),
      closed: (index) => {
        this.rest.inert = false;
        this.gallery.go(index);
      },
    };
  }

  #image(item, kind) {
    return String(address("image", { ...this.key, id: item.id, kind, v: item.sha }));
  }

  #wire() {
    this.items.addEventListener("reset", () => show(this.instead, false));
    this.items.addEventListener("sections", () => this.#empty());
    this.items.addEventListener("items", () => {
      this.#empty();
      this.#redone.look(this.items);
      this.focus.follow((id) => this.items.indexOf(id));
    });
    this.items.addEventListener("problem", ({ detail }) => this.#trouble(detail));
    this.selection.addEventListener("change", () => this.gallery.draw());
    this.selection.addEventListener("problem", ({ detail }) => tell(detail.message, { tone: "bad" }));
    this.marks.addEventListener("change", () => this.heading.unsaved(this.marks.unsaved));
    this.marks.addEventListener("saved", ({ detail }) => {
      // The poll brings what others marked meanwhile, too; but a list of unmarked images must not move under
      // the hand that marks them.
      if (this.items.query.mark) this.items.version = detail.version;
      this.polling.now();
    });
    this.marks.addEventListener("conflict", ({ detail }) => this.#conflict(detail));
    this.marks.addEventListener("problem", ({ detail }) => this.#unsaved(detail));
    new MutationObserver(() => {
      this.rest.inert = this.focus.open;
    }).observe(this.focus.node, { attributeFilter: ["hidden"] });
  }

  #keys() {
    const { gallery, focus } = this;
    const step = (by) => (focus.open ? focus.step(by) : gallery.go(gallery.current + by));
    const sideways = (by) => step(this.filters.direction === "rtl" ? -by : by);
    const inFocus = (act) => () => (focus.open ? act() : false);
    const choose = (range) => () => {
      if (focus.open) return false;
      if (range) this.selection.to(gallery.current);
      else this.selection.toggle(gallery.current, this.at(gallery.current));
      return true;
    };
    listen(
      {
        a: () => void this.#verdict("approved"),
        r: () => void this.#verdict("rejected"),
        u: () => this.undo(),
        f: () => this.finish(),
        j: () => step(1),
        k: () => step(-1),
        ArrowRight: () => sideways(1),
        ArrowLeft: () => sideways(-1),
        ArrowDown: () => (focus.open ? focus.scroll(1) : gallery.go(gallery.vertical(1))),
        ArrowUp: () => (focus.open ? focus.scroll(-1) : gallery.go(gallery.vertical(-1))),
        Home: () => (focus.open ? focus.show(0) : gallery.go(0)),
        End: () => (focus.open ? focus.show(this.items.total - 1) : gallery.go(this.items.total - 1)),
        Enter: () => (focus.open ? false : focus.show(gallery.current)),
        Escape: () => this.#escape(),
        v: inFocus(() => focus.stage.set("slide")),
        s: inFocus(() => focus.stage.set("pair")),
        d: inFocus(() => focus.stage.set("difference")),
        z: inFocus(() => focus.stage.toggle()),
        b: inFocus(() => focus.stage.peek(true)),
        "+": inFocus(() => focus.stage.view.zoom(2)),
        "=": inFocus(() => focus.stage.view.zoom(2)),
        "-": inFocus(() => focus.stage.view.zoom(0.5)),
        e: () => this.redo(focus.open ? focus.item : gallery.item),
        x: choose(false),
        "shift+x": choose(true),
        "ctrl+a": () => (focus.open || !this.mayMark ? false : void this.selection.all()),
        "/": () => (focus.open ? false : this.filters.search.focus()),
        "?": () => openHelp(),
      },
      { b: () => focus.stage.peek(false) },
    );
  }

  #escape() {
    if (this.focus.open && !this.focus.stage.view.fits) this.focus.stage.view.reset();
    else if (this.focus.open) this.focus.close();
    else this.selection.clear();
  }

  #news(run) {
    const before = this.run;
    this.run = run;
    this.#names = localeNames(run);
    this.heading.draw(run);
    this.filters.draw(run);
    this.gallery.direction = this.filters.direction;
    const may = before && (before.request?.open !== run.request?.open || before.state !== run.state);
    if (this.items.version && run.version !== this.items.version) this.#changed(before, run);
    if (may || !before) {
      this.gallery.draw();
      this.focus.draw();
    }
    this.#empty();
  }

  /** Marks and redone images come at once; new results wait for a moment when nobody's hand is on the list. */
  #changed(before, run) {
    const more = before ? run.counts.done - before.counts.done : 0;
    const busy = window.scrollY > 40 || this.focus.open || this.selection.size > 0;
    if (more > 0 && busy) {
      this.#fresh += more;
      fill(this.news.querySelector(".word"), `${count(this.#fresh, "new result")}: show`);
      show(this.news, true);
    } else this.items.refresh();
  }

  #catchUp() {
    this.#fresh = 0;
    show(this.news, false);
    window.scrollTo({ top: 0 });
    this.items.refresh();
  }

  #look(filter) {
    const apply = () => {
      this.filters.set({ status: "", mark: "", q: "", locale: "", ...filter });
      window.scrollTo({ top: 0 });
    };
    if (!this.focus.open) apply();
    else {
      window.addEventListener("popstate", apply, { once: true }); // the address changes back first
      this.focus.close();
    }
  }

  #empty() {
    if (!this.items.known || this.items.total) {
      if (this.items.known) show(this.instead, false);
      return;
    }
    this.content.replaceChildren();
    const all = button({ word: "Show all", onclick: () => this.#look({}) });
    const panel = this.filters.active
      ? emptyPanel("Nothing matches", "No image of this run is like that.", all)
      : emptyPanel("No images yet", "They appear here as soon as the run has planned them.");
    fill(this.instead, panel);
    show(this.instead, true);
  }

  #trouble(problem) {
    this.#down = true;
    if (this.items.known && (problem.passing || problem.kind === "signed-out")) {
      this.heading.trouble(problem); // what is here stays
      return;
    }
    fill(this.instead, problemPanel(problem, () => this.polling.now()));
    show(this.instead, true);
    show(this.content, false);
    show(this.filters.bar, false);
  }

  /** The server answers again. */
  #alive() {
    if (!this.#down) return;
    this.#down = false;
    this.heading.trouble(null);
    if (this.run) this.heading.draw(this.run);
    this.#again();
  }

  #again() {
    show(this.instead, false);
    show(this.content, true);
    show(this.filters.bar, true);
    this.marks.retry();
    if (this.items.known) this.items.refresh();
    else this.items.open(this.filters.query);
  }

  #conflict({ items, message }) {
    const [first] = items;
    const who = [...new Set(items.map(({ mark }) => mark?.by).filter(Boolean))].join(", ");
    const text = !first || !who
      ? `Not saved. ${message}`
      : items.length === 1
        ? `Not saved: ${who} has ${first.mark.verdict} ${first.asset_id} · ${first.locale} in the meantime. Look again.`
        : `Not saved: ${who} marked ${number(items.length)} of these images in the meantime. Look again.`;
    const index = first ? this.items.indexOf(first.id) : -1;
    const act = index >= 0 ? { word: "Look", run: () => this.focus.show(index) } : undefined;
    tell(text, { tone: "bad", seconds: 0, act });
  }

  #unsaved(problem) {
    this.#down = true;
    this.heading.trouble(problem);
    if (!problem.passing && problem.kind !== "signed-out") tell(`Not saved. ${problem.message}`, { tone: "bad", seconds: 0 });
  }
}
