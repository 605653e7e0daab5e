// The pictures of one image: before and after under a slider, side by side, or their difference.

import { button, el, icon, say, show } from "./dom.js";
import { gestures } from "./gestures.js";
import { View } from "./view.js";

const MODES = [
  ["slide", "Slider", "slide", "V"],
  ["pair", "Side by side", "pair", "S"],
  ["difference", "Difference", "difference", "D"],
];
const KEPT = "localizer-review-mode";
const WIDE = 820; // px of stage from which two pictures side by side are large enough to begin with

/** `image(item, kind)` gives addresses; `swipe(direction)` is called for a finger that wipes. */
export class Stage {
  #image;
  #item = null;
  #split = 0.5;
  #panes = new Map();
  #size = { width: 1, height: 1 };
  #mode = "";

  constructor({ image, swipe }) {
    this.#image = image;
    this.view = new View();
    for (const kind of ["source", "candidate", "difference"]) this.#panes.set(kind, this.#pane(kind));
    this.handle = el(
      "div",
      {
        class: "handle",
        role: "slider",
        tabindex: "0",
        "aria-label": "Before and after",
        "aria-orientation": "horizontal",
        "aria-valuemin": 0,
        "aria-valuemax": 100,
        onkeydown: (event) => this.#keys(event),
      },
      el("span", { class: "knob" }, icon("slide")),
    );
    this.#drag();
    this.trouble = el("p", { class: "trouble", hidden: true });
    this.panes = el(
      "div",
      { class: "panes", dir: "ltr" },
      ...[...this.#panes.values()].map(({ node }) => node),
      this.handle,
      this.trouble,
    );
    this.modes = el("div", { class: "modes", role: "group", "aria-label": "Compare" });
    for (const [mode, word, sign, key] of MODES) {
      this.modes.append(button({ word, sign, key, class: "mode", "data-mode": mode, onclick: () => this.set(mode) }));
    }
    this.percent = el("output", { class: "percent", "aria-live": "off" });
    this.zoomer = button({ word: "Zoom to edit", sign: "zoom", key: "Z", class: "mode", onclick: () => this.toggle() });
    this.tools = el(
      "div",
      { class: "tools" },
      this.modes,
      el(
        "div",
        { class: "zooms", role: "group", "aria-label": "Zoom" },
        button({ label: "Zoom out", sign: "minus", key: "-", class: "mode", onclick: () => this.view.zoom(0.5) }),
        this.percent,
        button({ label: "Zoom in", sign: "plus", key: "+", class: "mode", onclick: () => this.view.zoom(2) }),
        this.zoomer,
      ),
    );
    this.node = el("div", { class: "stage" }, this.panes, this.tools);
    this.view.addEventListener("change", () => this.#draw());
    new ResizeObserver(() => this.#frame()).observe(this.panes);
    gestures(this.panes, this.#hands(swipe));
  }

  /** The order of the panes: `rtl` puts the original at the right, where such a reader starts. */
  set direction(dir) {
    this.panes.dataset.dir = dir;
  }

  /** Show an image. */
  show(item) {
    const same = this.#item?.id === item.id && this.#item?.sha === item.sha && this.#item?.has_image === item.has_image;
    this.#item = item;
    if (same) return;
    this.panes.classList.remove("peek");
    this.#size = { width: item.width || 1, height: item.height || 1 };
    for (const [kind, pane] of this.#panes) this.#load(kind, pane);
    const something = item.has_image || item.has_source;
    show(this.trouble, !something);
    say(this.trouble, something ? "" : "There is no picture to show.");
    for (const { boxes } of this.#panes.values()) boxes.replaceChildren();
    this.view.reset();
    this.set(this.#mode || this.#kept(), { keep: false });
    this.#frame();
  }

  get mode() {
    return this.#mode;
  }

  /** Another way to compare. */
  set(mode, { keep = true } = {}) {
    this.#mode = mode;
    const whole = this.#item?.has_image ?? false;
    this.panes.dataset.mode = whole ? mode : "source";
    for (const node of this.modes.children) {
      node.setAttribute("aria-pressed", String(node.dataset.mode === mode));
      node.disabled = !whole;
    }
    show(this.handle, whole && mode === "slide");
    if (whole && mode === "difference") this.#start("difference");
    if (keep) {
      try {
        localStorage.setItem(KEPT, mode);
      } catch {
        // Storage may be forbidden; then the choice lives as long as the page.
      }
    }
    this.#slide(0.5);
    this.#frame();
  }

  /** The edit at 100 %, and back. */
  toggle() {
    if (this.view.fits) this.edit(0);
    else this.view.reset();
  }

  /** Zoom to an edit by its number; without a known place, to the middle. */
  edit(number) {
    const boxes = this.#item?.copy?.map(({ box }) => box) ?? [];
    const box = boxes[number] ?? boxes.find(Boolean);
    if (box) this.view.lookAt(box, this.#item.dir);
    else this.view.look(this.view.x, this.view.y);
  }

  /** Outline an edit, or none (null). */
  outline(number) {
    const box = number === null ? null : this.#item?.copy?.[number]?.box;
    for (const { boxes } of this.#panes.values()) {
      boxes.replaceChildren();
      if (!box) continue;
      const mark = el("i", { class: "place" });
      const [x0, y0, x1, y1] = box;
      Object.assign(mark.style, {
        left: `${x0}px`,
        top: `${y0}px`,
        width: `${x1 - x0}px`,
        height: `${y1 - y0}px`,
      });
      boxes.append(mark);
    }
  }

  /** The original instead of the candidate, while a key or finger is held. */
  peek(on) {
    this.panes.classList.toggle("peek", on && Boolean(this.#item?.has_image));
  }

  #kept() {
    try {
      const mode = localStorage.getItem(KEPT);
      if (MODES.some(([name]) => name === mode)) return mode;
    } catch {
      // Storage may be forbidden; then the page begins as usual.
    }
    return this.panes.clientWidth >= WIDE ? "pair" : "slide";
  }

  #pane(kind) {
    const low = el("img", { alt: "", class: "low", draggable: "false" });
    const full = el("img", { class: "full", draggable: "false", decoding: "async" });
    const boxes = el("span", { class: "boxes" });
    const picture = el("div", { class: "picture" }, low, full, boxes);
    const word = { source: "Before", candidate: "After", difference: "What changed" }[kind];
    const node = el("div", { class: "pane", "data-kind": kind }, picture, el("span", { class: "label" }, word));
    full.addEventListener("load", () => {
      picture.classList.add("loaded");
      if (kind === "source" && !this.#item.width) this.#learn(full);
    });
    full.addEventListener("error", () => {
      if (!full.getAttribute("src")) return;
      say(this.trouble, "A picture could not be loaded. Move on and back to try again.");
      show(this.trouble, true);
    });
    return { node, picture, low, full, boxes };
  }

  #load(kind, { picture, low, full }) {
    const item = this.#item;
    picture.classList.remove("loaded");
    full.removeAttribute("src");
    low.removeAttribute("src");
    for (const image of [low, full]) {
      image.width = this.#size.width;
      image.height = this.#size.height;
    }
    full.alt = {
      source: `${item.asset_id} before`,
      candidate: `${item.asset_id} in ${item.locale}, after`,
      difference: `What changed in ${item.asset_id}`,
    }[kind];
    if (kind === "difference" || (kind === "candidate" && !item.has_image)) return; // made when it is asked for
    if (kind === "source" && !item.has_source) return;
    low.src = this.#image(item, kind === "source" ? "source-thumbnail" : "thumbnail");
    this.#start(kind);
  }

  /** Without a candidate the size is known once the source is here. */
  #learn({ naturalWidth: width, naturalHeight: height }) {
    this.#size = { width, height };
    for (const { low, full } of this.#panes.values()) {
      for (const image of [low, full]) Object.assign(image, this.#size);
    }
    this.#frame();
  }

  #start(kind) {
    const { full } = this.#panes.get(kind);
    const address = String(this.#image(this.#item, kind));
    if (full.src !== address) full.src = address;
  }

  #frame() {
    if (!this.#item) return;
    const pane = this.#panes.get("source").node;
    const { clientWidth: width, clientHeight: height } = pane;
    if (!width || !height) return;
    this.view.frame({ width, height }, this.#size);
  }

  #draw() {
    const { view } = this;
    for (const { picture } of this.#panes.values()) {
      picture.style.transform = view.transform;
      picture.classList.toggle("sharp", view.scale >= 1.99 * view.whole);
    }
    this.panes.style.setProperty("--pixel", `${1 / view.scale}px`);
    this.panes.classList.toggle("movable", view.movable);
    const percent = `${Math.round((view.scale / view.whole) * 100)} %`;
    say(this.percent, percent);
    this.percent.title = view.fits ? "The whole picture" : "100 % is one pixel of the picture on one of the screen";
    say(this.zoomer.querySelector(".word"), view.fits ? "Zoom to edit" : "Whole image");
  }

  #slide(split) {
    this.#split = Math.max(0, Math.min(1, split));
    const percent = Math.round(100 * this.#split);
    this.panes.style.setProperty("--split", `${100 * this.#split}%`);
    this.handle.setAttribute("aria-valuenow", percent);
    this.handle.setAttribute("aria-valuetext", `${percent} % before, ${100 - percent} % after`);
  }

  #slideTo(clientX) {
    const { left, width } = this.panes.getBoundingClientRect();
    this.#slide((clientX - left) / width);
  }

  #drag() {
    this.handle.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      this.handle.focus({ preventScroll: true });
      this.handle.setPointerCapture(event.pointerId);
    });
    this.handle.addEventListener("pointermove", (event) => {
      if (this.handle.hasPointerCapture(event.pointerId)) this.#slideTo(event.clientX);
    });
  }

  #keys(event) {
    const step = { ArrowLeft: -0.05, ArrowDown: -0.05, ArrowRight: 0.05, ArrowUp: 0.05, PageUp: 0.25, PageDown: -0.25 };
    if (event.key in step) this.#slide(this.#split + step[event.key]);
    else if (event.key === "Home") this.#slide(0);
    else if (event.key === "End") this.#slide(1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #hands(swipe) {
    const offset = (x, y) => {
      const panes = [...this.#panes.values()].map(({ node }) => node.getBoundingClientRect()).filter(({ width }) => width);
      const at = panes.find((pane) => x >= pane.left && x <= pane.right && y >= pane.top && y <= pane.bottom) ?? panes[0];
      return [x - at.left - at.width / 2, y - at.top - at.height / 2];
    };
    return {
      movable: () => this.view.movable,
      pan: (dx, dy) => this.view.pan(dx, dy),
      zoom: (factor, x, y) => this.view.zoom(factor, ...offset(x, y)),
      toggle: (x, y) => {
        if (!this.view.fits) this.view.reset();
        else {
          const [dx, dy] = offset(x, y);
          this.view.look(this.view.x + dx / this.view.scale, this.view.y + dy / this.view.scale);
        }
      },
      drag: (x) => {
        if (this.panes.dataset.mode === "slide") this.#slideTo(x);
      },
      follow: (dx) => {
        this.panes.style.translate = dx ? `${dx / 3}px` : "";
      },
      swipe,
      peek: (on) => this.peek(on),
    };
  }
}
