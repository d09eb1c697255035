// A check reaches a verdict, whatever hangs: a browser that waits for an answer, a server that says nothing.

const WITHIN_MS = 10_000;

/** @typedef {import("./check_view.js").CheckName} CheckName */

export class Verdicts {
  #timers = /** @type {Map<CheckName, number>} */ (new Map());
  #onLate;

  /** @param {(name: CheckName) => void} onLate no verdict was reached in time */
  constructor(onLate) {
    this.#onLate = onLate;
  }

  /**
   * Counts from the first call since the last verdict.
   * @param {CheckName} name
   */
  await(name) {
    if (this.#timers.has(name)) return;
    this.#timers.set(name, window.setTimeout(() => {
      this.#timers.delete(name);
      this.#onLate(name);
    }, WITHIN_MS));
  }

  /** @param {CheckName} name */
  reached(name) {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  stop() {
    for (const name of [...this.#timers.keys()]) this.reached(name);
  }
}
