// The app's JSON: one way to ask, one kind of error.

const BASE = new URL("../api/", import.meta.url);
const PATIENCE = 30_000; // milliseconds

/**
 * What went wrong, in a word for the program and a sentence for the person.
 * Kinds: offline, signed-out, forbidden, missing, conflict, refused, broken.
 */
export class Problem extends Error {
  constructor(kind, message, body = {}) {
    super(message);
    this.kind = kind;
    this.body = body;
  }

  /** Whether the same request may go through later. */
  get passing() {
    return this.kind === "offline" || this.kind === "broken";
  }
}

const KINDS = { 401: "signed-out", 403: "forbidden", 404: "missing", 409: "conflict" };

const SENTENCES = {
  "signed-out": "You are signed out of Airflow.",
  forbidden: "You are not allowed to do this.",
  missing: "There is no such run.",
  conflict: "Something changed in the meantime.",
  refused: "The request was refused.",
  broken: "The server had a problem.",
  offline: "The server cannot be reached.",
};

/** An address of the API; parameters that are empty are left out. */
export function address(path, parameters = {}) {
  const url = new URL(path, BASE);
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== "") url.searchParams.set(name, value);
  }
  return url;
}

/** GET. Gives `{body, etag}`, or `{body: null}` if nothing changed since `etag`. Throws Problem. */
export async function get(path, parameters, { etag, signal } = {}) {
  const headers = { Accept: "application/json" };
  if (etag) headers["If-None-Match"] = etag;
  return send(address(path, parameters), { headers, signal, cache: etag ? "no-store" : "no-cache" });
}

/** POST of JSON. It outlives the page if the person leaves at once. Throws Problem. */
export async function post(path, body) {
  const text = JSON.stringify(body);
  const { body: answer } = await send(address(path), {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: text,
    keepalive: text.length < 60_000, // browsers allow 64 KiB
  });
  return answer;
}

async function send(url, options) {
  const patience = AbortSignal.timeout(PATIENCE);
  const signal = options.signal ? AbortSignal.any([options.signal, patience]) : patience;
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", redirect: "manual", ...options, signal });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Problem("offline", SENTENCES.offline);
  }
  if (response.status === 304) return { body: null, etag: response.headers.get("ETag") };
  if (response.type === "opaqueredirect") throw new Problem("signed-out", SENTENCES["signed-out"]);
  const body = await json(response);
  if (response.ok && body !== null) return { body, etag: response.headers.get("ETag") };
  const kind = KINDS[response.status] ?? (response.status >= 500 || response.ok ? "broken" : "refused");
  throw new Problem(kind, sentence(body) ?? SENTENCES[kind], body ?? {});
}

async function json(response) {
  if (!response.headers.get("Content-Type")?.includes("json")) return null;
  try {
    return await response.json();
  } catch {
    return null; // cut off; the caller sees a broken answer
  }
}

/** The server's sentence, begun and ended like one. */
function sentence(body) {
  const said = body?.error?.message ?? body?.detail;
  if (typeof said !== "string" || !said) return null;
  const text = said[0].toUpperCase() + said.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
