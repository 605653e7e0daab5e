// What of a run is shown: verdict, language, mark, words. Kept in the page's address.

import { el, fill, icon, say, show } from "./dom.js";
import { STATUS, number } from "./words.js";

const FIELDS = ["status", "locale", "mark", "q"];
const PAUSE = 250; // milliseconds after the last letter
const MARKS = [
  ["", "Any mark"],
  ["none", "Not marked"],
  ["approved", "Approved"],
  ["rejected", "Rejected"],
];

/** `changed(query)` is called with each new filter. */
export class Filters {
  #changed;
  #timer = 0;
  #tabs = new Map();
  #places = new Map();
  #drawn = "";

  query = {};

  constructor(changed) {
    this.#changed = changed;
    const asked = new URLSearchParams(location.search);
    for (const field of FIELDS) if (asked.get(field)) this.query[field] = asked.get(field);
    this.tabs = el("div", { class: "tabs", role: "group", "aria-label": "Verdict" });
    for (const status of ["", "needs_review", "failed", "passed"]) this.#tab(status);
    this.search = el("input", {
      type: "search",
      placeholder: "Search names and copy",
      "aria-label": "Search names and copy",
      "aria-keyshortcuts": "/",
      enterkeyhint: "search",
      oninput: () => this.#type(),
    });
    this.search.value = this.query.q ?? "";
    this.mark = el(
      "select",
      { "aria-label": "Mark", onchange: () => this.set({ mark: this.mark.value }) },
      ...MARKS.map(([value, word]) => el("option", { value }, word)),
    );
    this.mark.value = this.query.mark ?? "";
    this.bar = el(
      "div",
      { class: "filters" },
      this.tabs,
      el("span", { class: "field" }, icon("search"), this.search),
      this.mark,
    );
    this.languages = el("div", { class: "languages", role: "group", "aria-label": "Language" });
  }

  /** Change some fields; empty means any. */
  set(fields) {
    const query = { ...this.query, ...fields };
    for (const field of FIELDS) if (!query[field]) delete query[field];
    if (JSON.stringify(query) === JSON.stringify(this.query)) return;
    this.query = query;
    this.mark.value = query.mark ?? "";
    if (document.activeElement !== this.search) this.search.value = query.q ?? "";
    const address = new URL(location.href);
    for (const field of FIELDS) {
      if (query[field]) address.searchParams.set(field, query[field]);
      else address.searchParams.delete(field);
    }
    history.replaceState(history.state, "", address);
    this.draw(this.run);
    this.#changed(query);
  }

  /** Whether anything is filtered. */
  get active() {
    return Object.keys(this.query).length > 0;
  }

  /** The direction that the list reads in: a language's own if the list has that one only. */
  get direction() {
    return this.run?.locales.find(({ locale }) => locale === this.query.locale)?.dir ?? "ltr";
  }

  /** Show the run's counts. */
  draw(run) {
    if (!run) return;
    this.run = run;
    const { status = "", locale = "" } = this.query;
    const counts = run.locales.find((entry) => entry.locale === locale)?.counts ?? run.counts;
    for (const [name, { node, count }] of this.#tabs) {
      node.setAttribute("aria-pressed", String(name === status));
      say(count, number(name ? counts[name] : counts.total));
    }
    show(this.#tabs.get("failed").node, counts.failed > 0 || status === "failed");
    this.#drawLanguages(run, locale);
  }

  #drawLanguages(run, chosen) {
    const tags = run.locales.map(({ locale }) => locale).join();
    if (this.#drawn !== tags) {
      this.#drawn = tags;
      this.#places.clear();
      fill(this.languages, this.#language("", "All languages"));
      for (const { locale, name } of run.locales) this.languages.append(this.#language(locale, name || locale));
    }
    show(this.languages, run.locales.length > 1);
    for (const [locale, place] of this.#places) {
      const counts = locale ? run.locales.find((entry) => entry.locale === locale).counts : run.counts;
      place.node.setAttribute("aria-pressed", String(locale === chosen));
      say(place.count, number(counts.total));
      const exceptions = counts.needs_review + counts.failed;
      say(place.exceptions, exceptions ? number(exceptions) : "");
      place.exceptions.title = exceptions ? `${number(exceptions)} need review or failed` : "";
      show(place.exceptions, exceptions > 0);
      place.node.setAttribute(
        "aria-label",
        `${place.name}: ${number(counts.total)} images, ${number(exceptions)} need review or failed`,
      );
    }
  }

  #language(locale, name) {
    const count = el("span", { class: "count" });
    const exceptions = el("span", { class: "exceptions" });
    const node = el(
      "button",
      { type: "button", onclick: () => this.set({ locale: this.query.locale === locale ? "" : locale }) },
      el("span", { class: "what" }, name),
      exceptions,
      count,
    );
    this.#places.set(locale, { node, count, exceptions, name });
    return node;
  }

  #tab(status) {
    const count = el("span", { class: "count" });
    const node = el(
      "button",
      { type: "button", "data-status": status, onclick: () => this.set({ status }) },
      el("span", {}, status ? STATUS[status] : "All"),
      count,
    );
    this.#tabs.set(status, { node, count });
    this.tabs.append(node);
  }

  #type() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.set({ q: this.search.value.trim() }), PAUSE);
  }
}
