// One save of the note: the request, and what its answer means.

import { csrfToken } from "./csrf.js";

const WITHIN_MS = 10000; // a save that hangs is tried again; the text is kept in the tab meanwhile

/** @typedef {{version: number, saved_at: string, sections?: Record<string, string>}} Answer */

/**
 * @param {HTMLFormElement} form
 * @param {boolean} leaving the page goes away: the request must outlive it
 * @returns {Promise<Answer | "kept" | "failed" | "sealed">} kept: nobody could be asked; failed: the server said no
 */
export async function post(form, leaving) {
  try {
    const answer = await fetch(form.dataset.url ?? "", {
      method: "POST",
      body: new FormData(form),
      headers: { "X-CSRF-Token": csrfToken(), Accept: "application/json" },
      redirect: "error",
      keepalive: leaving,
      signal: AbortSignal.timeout(WITHIN_MS),
    });
    if (answer.ok || answer.status === 409) return /** @type {Answer} */ (await answer.json());
    if (answer.status === 410) return "sealed";
    return answer.status === 401 || answer.status >= 500 ? "kept" : "failed";
  } catch {
    return "kept";
  }
}
