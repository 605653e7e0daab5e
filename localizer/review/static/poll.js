// Ask again and again, politely: ETags, longer pauses in hidden tabs and after errors.

import { get } from "./api.js";

const HIDDEN = 8; // times as seldom where nobody looks
const LONGEST = 120_000; // milliseconds

/**
 * Poll an address.
 *
 * `news(body)` is called for each answer that differs, `alive()` for each that came, `trouble(problem, last)` for
 * each that did not, and `pause(body)` gives the milliseconds to the next. Gives `{now, stop}`.
 */
export function poll(path, parameters, { news, alive = () => {}, trouble, pause }) {
  let etag = null;
  let last = null;
  let failures = 0;
  let timer = 0;
  let asking = false;
  let stopped = false;

  async function ask() {
    if (asking || stopped) return;
    asking = true;
    clearTimeout(timer);
    try {
      const answer = await get(path, parameters, { etag });
      failures = 0;
      if (answer.body !== null) {
        ({ etag, body: last } = answer);
        news(last);
      }
      alive();
    } catch (problem) {
      failures += 1;
      trouble(problem, last);
    } finally {
      asking = false;
    }
    timer = setTimeout(ask, wait());
  }

  function wait() {
    const usual = last ? pause(last) : 2000;
    const patient = usual * 2 ** Math.min(failures, 5) * (document.hidden ? HIDDEN : 1);
    return Math.min(patient, LONGEST);
  }

  function look() {
    if (!document.hidden) ask();
  }

  document.addEventListener("visibilitychange", look);
  window.addEventListener("online", look);
  ask();
  return {
    now: ask,
    stop() {
      stopped = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", look);
      window.removeEventListener("online", look);
    },
  };
}
