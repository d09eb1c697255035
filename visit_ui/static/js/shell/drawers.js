// Drawers of the stage: devices, invite, keys, ending. One at a time, under the pictures; Escape or Close puts the focus back.

export class Drawers {
  #stage;
  #onClick;
  #onKey;
  #changed;
  #before = /** @type {Element | null} */ (null);

  /**
   * @param {HTMLElement} stage
   * @param {(open: string | null) => void} [changed] which drawer is open now
   */
  constructor(stage, changed = () => {}) {
    this.#stage = stage;
    this.#changed = changed;
    this.#onClick = (/** @type {Event} */ event) => this.#click(event);
    this.#onKey = (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Escape" && this.open) this.close();
    };
    stage.addEventListener("click", this.#onClick);
    stage.addEventListener("keydown", this.#onKey);
  }

  stop() {
    this.#stage.removeEventListener("click", this.#onClick);
    this.#stage.removeEventListener("keydown", this.#onKey);
  }

  /** @returns {string | null} */
  get open() {
    const drawer = this.#stage.querySelector("[data-drawer]:not([hidden])");
    return drawer instanceof HTMLElement ? (drawer.dataset.drawer ?? null) : null;
  }

  /** @param {string} name */
  toggle(name) {
    if (this.open === name) return this.close();
    if (!this.open) this.#before = document.activeElement;
    this.#show(name);
    const drawer = this.#stage.querySelector(`[data-drawer="${name}"]`);
    const first = drawer?.querySelector("select, input:not([type=hidden]), button, a");
    if (first instanceof HTMLElement) first.focus();
  }

  close() {
    const name = this.open;
    this.#show(null);
    const button = name ? this.#stage.querySelector(`[aria-controls="${name}-drawer"]`) : null;
    const back = button ?? this.#before; // the keys have no button: back to where the hand was
    if (back instanceof HTMLElement && back.isConnected) back.focus();
  }

  /** @param {string | null} name */
  #show(name) {
    for (const drawer of this.#stage.querySelectorAll("[data-drawer]")) {
      const chosen = drawer instanceof HTMLElement && drawer.dataset.drawer === name;
      drawer.toggleAttribute("hidden", !chosen);
      this.#stage.querySelector(`[aria-controls="${drawer.id}"]`)?.setAttribute("aria-expanded", String(chosen));
    }
    this.#stage.classList.toggle("has-drawer", name !== null);
    this.#changed(name);
  }

  /** @param {Event} event */
  #click(event) {
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest("[data-close-drawer]")) return this.close();
    const button = target?.closest('[aria-controls$="-drawer"]');
    if (button) this.toggle((button.getAttribute("aria-controls") ?? "").replace(/-drawer$/, ""));
  }
}
