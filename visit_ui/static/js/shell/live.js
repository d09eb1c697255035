// Live pages: the server says only which topic changed; each fragment that cares re-reads itself under the viewer's own right.
// A fragment listens with hx-trigger="titrate:<topic> from:body".

import { clock } from "./clock.js";
import { DOUBT, SIGNED_IN, SIGNED_OUT } from "./session.js";
import { _ } from "./texts.js";

/** Topics that may have changed unseen while the stream was away. */
export const TOPICS = Object.freeze(["medications", "queue", "presence", "symptoms", "notes", "visit", "alerts", "crisis"]);

const SAY_LOST_AFTER_MS = 5000;
const RETRY_MS = 10000; // when the browser gave up (an answer other than 200), try again ourselves,
const RETRY_AT_MOST_MS = 120000; // ever less often

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
    line.textContent = _("No live updates since %(time)s. What you see may be out of date. Trying again.", { time: clock(new Date()) });
    document.getElementById("main")?.before(line);
    this.#line = line;
  }
}

/**
 * Keep a stream open as long as the page lives and somebody is signed in; after a loss every topic counts as changed.
 * @param {string} url
 * @returns {() => void} stops it
 */
export function listen(url) {
  const lost = new LostLine();
  /** @type {EventSource | null} */
  let source = null;
  let retry = 0;
  let waitMs = RETRY_MS;
  let wasLost = false;
  let signedOut = false;

  const open = () => {
    source = new EventSource(url);
    source.addEventListener("changed", (event) => {
      lost.clear();
      announce(String(event.data).trim());
    });
    source.addEventListener("away", () => lost.expect()); // the server hears nothing itself
    source.addEventListener("open", () => {
      lost.clear();
      waitMs = RETRY_MS;
      if (wasLost) TOPICS.forEach(announce);
      wasLost = false;
    });
    source.addEventListener("error", () => {
      wasLost = true;
      if (!signedOut) lost.expect();
      if (source?.readyState !== EventSource.CLOSED) return;
      document.body.dispatchEvent(new CustomEvent(DOUBT)); // the stream was refused, and does not say why
      if (!signedOut) retry = window.setTimeout(open, waitMs);
      waitMs = Math.min(2 * waitMs, RETRY_AT_MOST_MS);
    });
  };
  const stop = () => {
    clearTimeout(retry);
    source?.close();
    lost.clear();
  };
  const onSignedOut = () => { // nobody would be told anything
    signedOut = true;
    wasLost = true;
    stop();
  };
  const onSignedIn = () => {
    if (!signedOut) return;
    signedOut = false;
    waitMs = RETRY_MS;
    open();
  };
  document.body.addEventListener(SIGNED_OUT, onSignedOut);
  document.body.addEventListener(SIGNED_IN, onSignedIn);
  window.addEventListener("pagehide", stop, { once: true });
  open();
  return () => {
    document.body.removeEventListener(SIGNED_OUT, onSignedOut);
    document.body.removeEventListener(SIGNED_IN, onSignedIn);
    window.removeEventListener("pagehide", stop);
    stop();
  };
}

/** @returns {() => void} stops it */
export function start() {
  const url = document.body.dataset.liveUrl;
  return url ? listen(url) : () => {};
}
