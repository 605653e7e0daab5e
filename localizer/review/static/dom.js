// Elements, built without markup: whatever comes from a manifest or a person goes in as text.

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  approve: "M4 12.5l5.2 5.2L20 7",
  reject: "M6 6l12 12M18 6L6 18",
  close: "M6 6l12 12M18 6L6 18",
  back: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  undo: "M9 7L4.5 11.5 9 16M5 11.5h9a5 5 0 010 10h-2",
  redo: "M20 12a8 8 0 11-2.6-5.9M20 3v4.5h-4.5",
  search: "M11 4a7 7 0 100 14 7 7 0 000-14zM16.2 16.2L21 21",
  slide: "M12 3v18M8 8l-4 4 4 4M16 8l4 4-4 4",
  pair: "M4 5h7v14H4zM13 5h7v14h-7z",
  difference: "M9 4a6 6 0 100 12A6 6 0 009 4zM15 8a6 6 0 100 12 6 6 0 000-12z",
  zoom: "M11 4a7 7 0 100 14 7 7 0 000-14zM16.2 16.2L21 21M8 11h6M11 8v6",
  help: "M9.2 9a2.9 2.9 0 115 2c-1.2 1-2.2 1.6-2.2 3.2M12 17.6v.4",
  look: "M12 7.5v5.5M12 16.4v.3M12 3l9.5 17h-19z",
  failed: "M12 8v5M12 16.2v.3M12 3a9 9 0 100 18 9 9 0 000-18z",
  waiting: "M12 7v5l3.2 2M12 3a9 9 0 100 18 9 9 0 000-18z",
  out: "M9 5H5v14h14v-4M13 4h7v7M20 4l-9.5 9.5",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
};

/**
 * An element. Attributes that are null, undefined or false are left out; `onclick` and the like become
 * listeners. Children are elements or plain text.
 */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** A drawn sign; it says nothing to a screen reader, so what holds it needs a name. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** A button with a sign, a word, or both; with a sign alone `label` is its name. */
export function button({ label, sign, word, key, class: kind = "", ...attributes }) {
  return el(
    "button",
    {
      type: "button",
      class: `button ${kind}`.trim(),
      "aria-label": label, // with a word, too: small screens hide it
      title: key ? `${label ?? word} (${key})` : word ? null : label,
      "aria-keyshortcuts": key ?? null,
      ...attributes,
    },
    sign ? icon(sign) : null,
    word ? el("span", { class: "word" }, word) : null,
  );
}

/** Put other children into an element. */
export function fill(node, ...children) {
  node.replaceChildren(
    ...children.flat().filter((child) => child !== null && child !== undefined && child !== false),
  );
  return node;
}

/** Show or hide without a change where there is none. */
export function show(node, shown) {
  if (node.hidden === shown) node.hidden = !shown;
}

/** Set text only where it differs, so that live regions do not repeat themselves. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Leave the page. Airflow shows it in a frame that may neither open windows nor move the one above; a link in
 * the document above may, and it is of the same origin.
 */
export function leave(href) {
  const above = window.parent.document.createElement("a");
  above.href = new URL(href, document.baseURI).href;
  window.parent.document.body.append(above);
  above.click();
  above.remove();
}

/** A link out of the page. */
export function outside(href, ...children) {
  const link = el("a", { href, target: "_top" }, ...children);
  link.addEventListener("click", (event) => {
    if (window.parent === window || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    leave(link.href);
  });
  return link;
}
