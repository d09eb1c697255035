// A form that the browser sends by itself leaves the page, and with it what was typed. So ask first whether it would be
// taken: after signing in again in another window it goes with the new token, signed out it stays.

import { toast } from "./toast.js";
import { _ } from "./texts.js";

const NOT_SENT = _("No connection. Nothing was sent, and what you typed is still here. Try again in a moment.");

const PRESSED = ["hidden", "submit", "button", "image", "reset"];

/**
 * Whether something in a form is typed or chosen; a lone button has nothing to lose.
 * @param {HTMLFormElement} form
 */
function holdsSomething(form) {
  return [...form.elements].some((one) =>
    one instanceof HTMLInputElement ? !PRESSED.includes(one.type)
      : one instanceof HTMLSelectElement || one instanceof HTMLTextAreaElement);
}

/** @typedef {{isLive: () => Promise<boolean | "unknown">}} Session */

/**
 * @param {Session} session
 * @returns {() => void} stops it
 */
export function start(session) {
  /** @type {WeakSet<HTMLFormElement>} */
  const asking = new WeakSet();
  /** @type {WeakSet<HTMLFormElement>} */
  const allowed = new WeakSet();

  const onSubmit = (/** @type {SubmitEvent} */ event) => {
    const form = event.target;
    if (event.defaultPrevented || !(form instanceof HTMLFormElement) || form.method !== "post") return;
    if (!holdsSomething(form)) return;
    if (allowed.delete(form)) return;
    event.preventDefault();
    if (!asking.has(form)) void ask(form, event.submitter);
  };

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLElement | null} submitter
   */
  async function ask(form, submitter) {
    asking.add(form);
    const live = await session.isLive();
    asking.delete(form);
    if (live === "unknown") toast(NOT_SENT, { tone: "warning", icon: "wifi-off" });
    if (live !== true || !form.isConnected) return;
    allowed.add(form);
    form.requestSubmit(submitter?.isConnected ? submitter : null);
  }

  document.addEventListener("submit", onSubmit);
  return () => document.removeEventListener("submit", onSubmit);
}
