// htmx swaps: focus and scroll stay where they were, and an answer that is not a fragment never lands inside the page.
//
// Swapped in: 2xx, and the fragments of 409 (somebody changed it meanwhile) and 422 (put this right).
// Said above the form, which stays with what was typed and with its key: a change of which nobody knows (5xx), and one
// that was made already with other words (409). Anything else becomes a word in the corner; a redirect to a whole page
// is followed as one.

import { toast } from "../shell/toast.js";
import { _ } from "../shell/texts.js";

/** @typedef {{status: number, raw: Response}} Answer */
/** @typedef {{target?: Element, sourceElement?: Element, request?: {method?: string}, text?: string, select?: string | null, response?: Answer}} RequestContext */

const WORDS = /** @type {Readonly<Record<number, string>>} */ (Object.freeze({
  401: _("You are signed out. Sign in again in another tab. What you typed stays here."),
  403: _("This was not accepted. Reload the page and check what is there."),
  404: _("This is no longer here. Reload the page."),
  413: _("That is too large. Nothing was changed."),
  429: _("Too many requests. Wait a moment, then try again."),
  503: _("The service is starting or busy. Try again in a moment."),
}));
const UNSURE = _("We got no answer. What you sent may have been saved. You can send it again: it will be saved only once.");
const SWAPPED = Object.freeze([409, 422]);

/**
 * @param {Event} event
 * @returns {RequestContext}
 */
function contextOf(event) {
  return event instanceof CustomEvent ? (event.detail?.ctx ?? {}) : {};
}

/** @param {string} text */
export function isWholePage(text) {
  return /^\s*<!doctype html/i.test(text);
}

/**
 * @param {string} text a whole page
 * @param {string} selector
 */
function hasPart(text, selector) {
  return new DOMParser().parseFromString(text, "text/html").querySelector(selector) !== null;
}

/**
 * Words about a form that stays stand above it, until it is answered.
 * @param {RequestContext} context
 * @returns {boolean} whether there were any, and a form to say them of
 */
function sayAbove({ sourceElement, text = "" }) {
  const form = sourceElement?.closest("form");
  if (!form) return false;
  if (form.previousElementSibling?.matches("[data-keep-form]")) form.previousElementSibling.remove();
  const notice = new DOMParser().parseFromString(text, "text/html").querySelector("[data-keep-form]");
  if (!notice) return false;
  form.before(document.adoptNode(notice));
  notice.scrollIntoView({ block: "nearest" });
  return true;
}

/** @param {RequestContext} context */
function isChange({ request }) {
  return request?.method?.toUpperCase() === "POST";
}

/** @param {Event} event */
function judge(event) {
  const context = contextOf(event);
  const { response, select, text = "" } = context;
  if (!response) return;
  if (sayAbove(context)) return event.preventDefault();
  const whole = isWholePage(text) && !(select && response.status < 400); // hx-select takes its part out of a page
  if (select && !whole && isWholePage(text) && !hasPart(text, select)) {
    event.preventDefault();
    location.reload(); // the page has become another one, such as the call: a part of it would be a hole
    return;
  }
  if (whole && response.raw.redirected) {
    event.preventDefault();
    location.assign(response.raw.url);
    return;
  }
  const fine = response.status < 400 || SWAPPED.includes(response.status);
  if (fine && !whole) return;
  event.preventDefault();
  const unsure = response.status >= 500 && isChange(context) ? UNSURE : undefined;
  toast(unsure ?? WORDS[response.status] ?? _("Something went wrong on our side. Check whether your change is there before you try again."), { tone: "warning", icon: "triangle-alert" });
}

/** @param {Event} event */
function sayNoConnection(event) {
  const words = _("No connection. What is on this page stays here. Try again when you are back online.");
  toast(isChange(contextOf(event)) ? UNSURE : words, { tone: "warning", icon: "wifi-off" });
}

/** @type {Map<Element, number>} */
const scrolls = new Map();
/** @type {{within: string, selector: string, near: string} | null} the focused control, the part swapped, its finding */
let held = null;

/**
 * How to find the same control in the new text: by id, else by name or accessible name.
 * @param {Element} control
 */
function selectorOf(control) {
  for (const attribute of ["id", "name", "aria-label", "href"]) {
    const value = control.getAttribute(attribute);
    if (value) return `${control.localName}[${attribute}="${CSS.escape(value)}"]`;
  }
  return "";
}

/** @param {Event} event */
function remember(event) {
  const { target } = contextOf(event);
  const active = document.activeElement;
  scrolls.clear();
  held = target?.id && active && active !== target && target.contains(active)
    ? { within: target.id, selector: selectorOf(active), near: active.closest(".finding")?.id ?? "" }
    : null;
  for (let box = target ?? null; box; box = box.parentElement) {
    if (box.scrollTop > 0) scrolls.set(box, box.scrollTop);
  }
}

/** Scroll as it was; and if the focused control was replaced, its successor, or at least its part of the page. */
function restore() {
  for (const [box, top] of scrolls) if (box.isConnected) box.scrollTop = top;
  scrolls.clear();
  const part = held && document.activeElement === document.body ? document.getElementById(held.within) : null;
  const near = part && held?.near ? document.getElementById(held.near)?.querySelector("button, input:not([type=hidden])") : null;
  const again = (held?.selector ? part?.querySelector(held.selector) : null) ?? near;
  held = null;
  if (again instanceof HTMLElement) return again.focus({ preventScroll: true });
  if (!part) return;
  if (!part.hasAttribute("tabindex")) part.tabIndex = -1;
  part.focus({ preventScroll: true });
}

/** @returns {() => void} stops it */
export function start() {
  /** @type {ReadonlyArray<readonly [string, (event: Event) => void]>} */
  const listeners = [
    ["htmx:after:request", judge],
    ["htmx:error", sayNoConnection],
    ["htmx:before:swap", remember],
    ["htmx:after:swap", restore],
  ];
  for (const [kind, act] of listeners) document.addEventListener(kind, act);
  return () => {
    for (const [kind, act] of listeners) document.removeEventListener(kind, act);
  };
}
