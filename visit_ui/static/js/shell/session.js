// Idle log-off: a warning two minutes before, and after it the page is covered, not left, so that typed text is kept.
//
// GET /session/remaining (does not count as activity) and POST /session/stay answer JSON:
//   {"idle_s": 540, "viewer": "<opaque id>", "csrf_token": "..."}   or 401 when the session has ended.
// Without `viewer` nobody can tell whether the same person came back: then a covered page is loaded anew.

import { clock } from "./clock.js";
import { csrfToken, renewToken } from "./csrf.js";
import { _ } from "./texts.js";

/** On the body: somebody was not answered as a signed-in person is; ask whether the session has ended. */
export const DOUBT = "titrate:session-doubt";
/** On the body: the session has ended, the page is covered. */
export const SIGNED_OUT = "titrate:signed-out";

/** On the body: the same person is back, the page is uncovered. */
export const SIGNED_IN = "titrate:signed-in";

export const WARN_BEFORE_S = 120;

/** @typedef {{idle_s: number, viewer?: string, csrf_token?: string}} Remaining */

/**
 * What to do, given what the server says. Pure.
 * @param {number} idleS seconds until sign-out by the server's clock
 * @param {boolean} active whether the person typed or pointed since the last answer
 * @returns {{act: "wait" | "stay" | "warn", nextS: number}} what to do now, and when to ask again
 */
export function plan(idleS, active) {
  if (idleS > WARN_BEFORE_S + 1) return { act: "wait", nextS: idleS - WARN_BEFORE_S };
  if (active) return { act: "stay", nextS: 0 };
  return { act: "warn", nextS: idleS + 1 };
}

/**
 * @param {"GET" | "POST"} method
 * @param {string} path
 * @returns {Promise<Remaining | "ended" | "unknown">} unknown: the server could not be asked
 */
async function ask(method, path) {
  try {
    const headers = method === "POST" ? { "X-CSRF-Token": csrfToken() } : undefined;
    const answer = await fetch(path, { method, headers, redirect: "error", cache: "no-store" });
    if (answer.status === 401 || answer.status === 403) return "ended";
    return answer.ok ? /** @type {Remaining} */ (await answer.json()) : "unknown";
  } catch {
    return "unknown";
  }
}

/** Whether the server says so; false when it can't be asked, too. */
export async function isSignedIn() {
  return typeof (await ask("GET", "/session/remaining")) === "object";
}

/** Where signing in leads back to this page. */
export function signInUrl() {
  return `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`;
}

/** Whether the page is hidden because the session has ended. */
export function isCovered() {
  return document.getElementById("session-cover") !== null;
}

/**
 * @param {string} href
 * @param {string} words
 * @param {boolean} [primary]
 */
function linkTo(href, words, primary = true) {
  const link = document.createElement("a");
  link.className = `button${primary ? " primary" : ""} large`;
  link.href = href;
  link.textContent = words;
  return link;
}

class Watch {
  #viewer = "";
  #timer = 0;
  #active = false;
  /** @type {Element | null} */
  #before = null;

  constructor() {
    this.box = document.getElementById("session-warning");
    this.onInput = () => { this.#active = true; };
    this.onBack = () => { if (document.visibilityState === "visible") void this.check(); };
    this.onStay = () => void this.stay();
    this.onDoubt = () => { if (!isCovered()) void this.check(); };
    this.onAnswer = (/** @type {Event} */ event) => {
      if (event instanceof CustomEvent && event.detail?.ctx?.response?.status === 401) this.onDoubt();
    };
  }

  start() {
    for (const kind of ["keydown", "pointerdown"]) document.addEventListener(kind, this.onInput, { passive: true });
    document.addEventListener("visibilitychange", this.onBack);
    document.addEventListener("htmx:after:request", this.onAnswer);
    document.body.addEventListener(DOUBT, this.onDoubt);
    this.box?.querySelector("[data-stay]")?.addEventListener("click", this.onStay);
    void this.check();
  }

  stop() {
    clearTimeout(this.#timer);
    for (const kind of ["keydown", "pointerdown"]) document.removeEventListener(kind, this.onInput);
    document.removeEventListener("visibilitychange", this.onBack);
    document.removeEventListener("htmx:after:request", this.onAnswer);
    document.body.removeEventListener(DOUBT, this.onDoubt);
    this.box?.querySelector("[data-stay]")?.removeEventListener("click", this.onStay);
  }

  async check() {
    this.#follow(await ask("GET", "/session/remaining"));
  }

  /**
   * Whether what this person sends would be taken now; if the session has ended, the page is covered.
   * @returns {Promise<boolean | "unknown">} unknown: the server could not be asked
   */
  async isLive() {
    const answer = await ask("GET", "/session/remaining");
    this.#follow(answer);
    return answer === "unknown" ? answer : answer !== "ended" && (answer.viewer ?? "") === this.#viewer;
  }

  async stay() {
    this.#active = false;
    this.#follow(await ask("POST", "/session/stay"));
  }

  /** @param {Remaining | "ended" | "unknown"} answer */
  #follow(answer) {
    clearTimeout(this.#timer);
    if (answer === "unknown") return this.#askIn(30);
    if (answer === "ended") return this.#cover();
    const same = Boolean(answer.viewer) && answer.viewer === this.#viewer;
    if ((isCovered() || this.#viewer) && !same) return location.reload(); // perhaps somebody else signed in
    this.#viewer = answer.viewer ?? "";
    if (answer.csrf_token) renewToken(answer.csrf_token);
    this.#uncover();
    const { act, nextS } = plan(answer.idle_s, this.#active);
    if (act === "stay") return void this.stay();
    if (act === "warn") this.#warn(answer.idle_s);
    else this.#hide();
    this.#askIn(nextS);
  }

  /** @param {number} seconds */
  #askIn(seconds) {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.check(), seconds * 1000);
  }

  /** @param {number} idleS */
  #warn(idleS) {
    if (!this.box || !this.box.hidden) return;
    const at = new Date(Date.now() + idleS * 1000);
    const place = this.box.querySelector("[data-sign-out-at]");
    if (place) place.textContent = clock(at);
    this.#before = document.activeElement;
    this.box.hidden = false;
  }

  #hide() {
    if (!this.box || this.box.hidden) return;
    const inside = this.box.contains(document.activeElement);
    this.box.hidden = true;
    if (inside && this.#before instanceof HTMLElement) this.#before.focus({ preventScroll: true });
  }

  /** The session is over: hide the page from onlookers, keep it in memory for the same person. */
  #cover() {
    this.#hide();
    if (isCovered()) return;
    const cover = document.createElement("section");
    cover.id = "session-cover";
    cover.className = "session-cover";
    cover.setAttribute("role", "alert");
    const title = document.createElement("h1");
    const text = document.createElement("p");
    const again = document.createElement("button");
    const call = document.querySelector("[data-call]") !== null;
    title.textContent = _("You are signed out");
    const elsewhere = _("What you typed is still here. Sign in again in a new tab, then come back to this one.");
    text.textContent = call ? _("Sign in to get back to the visit. To keep what you typed here, sign in using a new tab and come back.") : elsewhere;
    const links = call ? [linkTo(signInUrl(), _("Sign in")), linkTo("/sign-in", _("In a new tab"), false)] : [linkTo(signInUrl(), _("Sign in"))];
    links.at(-1)?.setAttribute("target", "_blank");
    again.className = "button large";
    again.type = "button";
    again.textContent = _("I have signed in");
    again.addEventListener("click", () => void this.check());
    cover.append(title, text, ...links, again);
    document.body.append(cover);
    document.body.classList.add("covered");
    document.body.dispatchEvent(new CustomEvent(SIGNED_OUT));
  }

  #uncover() {
    if (!isCovered()) return;
    document.getElementById("session-cover")?.remove();
    document.body.classList.remove("covered");
    document.body.dispatchEvent(new CustomEvent(SIGNED_IN));
  }
}

/** @returns {Watch | null} null where nobody is signed in */
export function start() {
  if (!("signedIn" in document.body.dataset)) return null;
  const watch = new Watch();
  watch.start();
  return watch;
}
