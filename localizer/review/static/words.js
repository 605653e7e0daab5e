// How the page says things: numbers, times, verdicts.

export const STATUS = {
  needs_review: "Needs review",
  failed: "Failed",
  waiting: "Not ready yet",
  passed: "Passed",
};

export const STATE = {
  planning: "Planning",
  copy: "Copy waits for approval",
  editing: "Editing",
  reviewing: "Waiting for review",
  publishing: "Publishing",
  published: "Published",
  done: "Done",
  failed: "Failed",
};

export const ACTION = {
  replace_text: "Replace text",
  translate_text: "Translate text",
  remove_text: "Remove text",
  remove_object: "Remove",
  add_text: "Add text",
};

// What it means for the picture that a check did not pass; results name checks as programs do.
const DOUBTS = {
  text_found: "The text to edit was not found",
  removed: "What should be gone may still be there",
  text_correct: "The new text may be wrong",
  source_text_gone: "The old text may still show",
  erased_cleanly: "A patch may show where the old text was",
  style_kept: "The type may look different",
  untouched: "Something outside the edit changed",
  legible: "The new text may be hard to read",
  fits: "The new text may not fit its place",
  faces: "A face may be touched",
  copy_policy: "The copy is in doubt",
  file: "The file differs from the source's",
};
const NAMED = new RegExp(`\\b(${Object.keys(DOUBTS).join("|")}): `, "g");

/** Why an image is not passed, for a person: in full, or (`brief`) what it comes down to. */
export function why(reason, brief = false) {
  const doubts = [...new Set([...reason.matchAll(NAMED)].map(([, name]) => DOUBTS[name]))];
  if (brief && doubts.length) return doubts.join(". ");
  const text = reason.replace(NAMED, (_, name) => `${DOUBTS[name]}: `);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const numbers = new Intl.NumberFormat("en");
const moments = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const SPANS = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

export const number = (value) => numbers.format(value);

/** `1 image`, `1,200 images`. */
export const count = (value, one, many = `${one}s`) => `${number(value)} ${value === 1 ? one : many}`;

/** A time to the minute, in the reader's own zone. */
export function moment(iso) {
  const at = new Date(iso || NaN);
  return Number.isNaN(at.getTime()) ? "" : moments.format(at);
}

/** `3 minutes ago`; after a week the date itself. */
export function ago(iso) {
  const seconds = (Date.now() - new Date(iso || NaN)) / 1000;
  if (Number.isNaN(seconds)) return "";
  if (seconds > 7 * 86_400) return moment(iso);
  for (const [unit, length] of SPANS) {
    if (seconds >= length) return relative.format(-Math.floor(seconds / length), unit);
  }
  return "just now";
}

/** `0.4 s`, `12 s`, `3 min 20 s`. */
export function duration(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Names of the run's locales by tag. */
export function localeNames(run) {
  return new Map((run?.locales ?? []).map(({ locale, name }) => [locale, name || locale]));
}

/** What stands of an image, in one breath, for a screen reader. */
export function spoken(item, names) {
  const parts = [`${item.asset_id}, ${names.get(item.locale) ?? item.locale}`, STATUS[item.status]];
  if (item.reason && item.status !== "passed") parts.push(why(item.reason, true).replace(/\.$/, ""));
  if (item.redo) parts.push("being redone");
  parts.push(item.mark ? markWords(item.mark) : "not marked");
  return `${parts.join(". ")}.`;
}

/** `Approved by Ana`. */
export function markWords(mark) {
  const verdict = mark.verdict === "approved" ? "Approved" : "Rejected";
  return [mark.by ? `${verdict} by ${mark.by}` : verdict, mark.reason].filter(Boolean).join(": ");
}

/** Whether a person may put a mark on an image: there must be one, and a verdict on it. */
export const markable = (item) => item.has_image && (item.status === "passed" || item.status === "needs_review");
