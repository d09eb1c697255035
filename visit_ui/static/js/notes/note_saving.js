// One save of the note: the request, and what its answer means.

import { csrfToken } from "../shell/csrf.js";

const WITHIN_MS = 10000; // a save that hangs is tried again; the text is kept in the tab meanwhile

/** @typedef {{version: number, saved_at: string, sections?: Record<string, string>}} Answer */
/** @typedef {{refused: string}} Refused the server said no, and why; nothing when it gave no reason */
/** @typedef {Answer | Refused | "kept" | "sealed"} Outcome kept: nobody could be asked */

/** @returns {string} by which the server knows this save when it comes again: 32 letters */
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A save that was not answered may have been kept: it goes again as it was, with its key, before anything newer. */
export class Saves {
  /** @type {{body: FormData, sections: string} | null} */
  #unanswered = null;

  get unanswered() {
    return this.#unanswered !== null;
  }

  /**
   * @param {HTMLFormElement} form
   * @param {string} sections what stands in it now, as text to compare
   * @param {boolean} leaving the page goes away: the request must outlive it
   * @returns {Promise<{outcome: Outcome, sections: string}>} sections: of what was sent
   */
  async post(form, sections, leaving) {
    const sent = this.#unanswered ?? { body: new FormData(form), sections };
    if (!this.#unanswered) {
      sent.body.set("idempotency_key", newKey());
      for (const field of form.querySelectorAll("textarea[data-begun]")) sent.body.delete(field.getAttribute("name") ?? "");
    }
    this.#unanswered = sent;
    const outcome = await ask(form.dataset.url ?? "", sent.body, leaving);
    if (outcome !== "kept" && this.#unanswered === sent) this.#unanswered = null;
    return { outcome, sections: sent.sections };
  }
}

/**
 * @param {string} url
 * @param {FormData} body
 * @param {boolean} leaving
 * @returns {Promise<Outcome>}
 */
async function ask(url, body, leaving) {
  try {
    const answer = await fetch(url, {
      method: "POST",
      body,
      headers: { "X-CSRF-Token": csrfToken(), Accept: "application/json" },
      redirect: "error",
      keepalive: leaving,
      signal: AbortSignal.timeout(WITHIN_MS),
    });
    if (answer.ok || answer.status === 409) {
      const said = await answer.json();
      return typeof said.version === "number" ? /** @type {Answer} */ (said) : { refused: "" };
    }
    if (answer.status === 410) return "sealed";
    return answer.status === 401 || answer.status >= 500 ? "kept" : { refused: await reasons(answer) };
  } catch {
    return "kept";
  }
}

/**
 * @param {Response} answer of a save that was refused
 * @returns {Promise<string>} the sentences of its fields
 */
async function reasons(answer) {
  try {
    const { errors = {} } = /** @type {{errors?: Record<string, string>}} */ (await answer.json());
    return Object.values(errors).join(" ");
  } catch {
    return "";
  }
}
