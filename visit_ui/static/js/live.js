// Live pages: the server says only which topic changed; each fragment that cares re-reads itself under the viewer's own right.
// A fragment listens with hx-trigger="titrate:<topic> from:body".

import { clock } from "./clock.js";
import { DOUBT } from "./session.js";

/** Topics that may have changed unseen while the stream was away. */
export const TOPICS = Object.freeze(["medications", "queue", "presence", "symptoms", "notes", "visit", "alerts"]);

const SAY_LOST_AFTER_MS = 5000;
const RETRY_MS = 10000; // when the browser gave up (an answer other than 200), try again ourselves

/** @param {string} topic */
export function announce(topic) {
  if (/^[a-z][a-z-]*$/.test(topic)) document.body.dispatchEvent(new CustomEvent(`titrate:${topic}`, { bubbles: true }));
}

/** The line that says what is on screen may be old. */
class LostLine {
  #timer = 0;
  /** @type {HTMLElement | null} */
  #line = null;

  expect() {
    if (this.#timer || this.#line) return;
    this.#timer = window.setTimeout(() => this.#show(), SAY_LOST_AFTER_MS);
  }

  clear() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#line?.remove();
    this.#line = null;
  }

  #show() {
    this.#timer = 0;
    const line = document.createElement("p");
    line.className = "live-lost";
    line.setAttribute("role", "status");
    line.textContent = `No live updates since ${clock(new Date())}. What you see may be old. Trying again.`;
    document.getElementById("main")?.before(line);
    this.#line = line;
  }
}

/**
 * Keep a stream open as long as the page lives; after a loss every topic counts as changed.
 * @param {string} url
 * @returns {() => void} stops it
 */
export function listen(url) {
  const lost = new LostLine();
  /** @type {EventSource | null} */
  let source = null;
  let retry = 0;
  let wasLost = false;

  const open = () => {
    source = new EventSource(url);
    source.addEventListener("changed", (event) => announce(String(event.data).trim()));
    source.addEventListener("open", () => {
      lost.clear();
      if (wasLost) TOPICS.forEach(announce);
      wasLost = false;
    });
    source.addEventListener("error", () => {
      wasLost = true;
      lost.expect();
      if (source?.readyState !== EventSource.CLOSED) return;
      document.body.dispatchEvent(new CustomEvent(DOUBT)); // the stream was refused, and does not say why
      retry = window.setTimeout(open, RETRY_MS);
    });
  };
  const stop = () => {
    clearTimeout(retry);
    source?.close();
    lost.clear();
  };
  window.addEventListener("pagehide", stop, { once: true });
  open();
  return () => {
    window.removeEventListener("pagehide", stop);
    stop();
  };
}

/** @returns {() => void} stops it */
export function start() {
  const url = document.body.dataset.liveUrl;
  return url ? listen(url) : () => {};
}
