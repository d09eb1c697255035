// The chart beside the call: tabs by pointer and arrows, the chosen tab after every swap, hiding the whole panel.
// The call is not touched by any of it.

import { leadTo } from "./order_form.js";

export const TABS = Object.freeze(["overview", "symptoms", "medicines", "notes"]);

/**
 * "To sign: reason" leads into the field.
 * @param {Event} event
 */
function toMissing(event) {
  const link = event.target instanceof Element ? event.target.closest(".signing-missing a") : null;
  if (!link) return;
  event.preventDefault();
  leadTo((link.getAttribute("href") ?? "#").slice(1));
}

/**
 * An answered finding is one line; "Change" opens its answer again.
 * @param {Event} event
 */
function changeAnswer(event) {
  const button = event.target instanceof Element ? event.target.closest("[data-change-answer]") : null;
  const field = button?.parentElement?.querySelector("input");
  if (!button || !field) return;
  button.parentElement?.querySelector("[data-answered]")?.setAttribute("hidden", "");
  button.setAttribute("hidden", "");
  field.type = "text";
  field.focus();
}

export class Panel {
  #layout;
  #body;
  #tabs;
  #page = "";
  #stops = /** @type {(() => void)[]} */ ([]);

  /** @param {HTMLElement} layout the element that holds stage and panel */
  constructor(layout) {
    this.#layout = layout;
    this.#body = /** @type {HTMLElement} */ (layout.querySelector("#panel-body"));
    this.#tabs = [...layout.querySelectorAll("[data-tab-name]")].filter((tab) => tab instanceof HTMLElement);
    this.#page = this.#shown()?.dataset.page ?? "";
    this.#listen(layout, "keydown", (event) => this.#arrows(/** @type {KeyboardEvent} */ (event)));
    this.#listen(document, "htmx:after:swap", () => this.#follow());
    this.#listen(layout, "click", (event) => {
      toMissing(event);
      changeAnswer(event);
    });
  }

  stop() {
    for (const stop of this.#stops.splice(0)) stop();
  }

  get hidden() {
    return this.#layout.classList.contains("chart-hidden");
  }

  /**
   * @param {boolean} hidden
   */
  hide(hidden) {
    this.#layout.classList.toggle("chart-hidden", hidden);
    const button = this.#layout.querySelector('[data-act="chart"]');
    const word = button?.querySelector("[data-word]");
    button?.setAttribute("aria-expanded", String(!hidden));
    button?.toggleAttribute("data-struck", hidden);
    if (word) word.textContent = hidden ? "Show chart" : "Hide chart";
  }

  /** @param {string | undefined} name */
  open(name) {
    const tab = this.#tabs.find((one) => one.dataset.tabName === name);
    if (!tab) return;
    if (this.hidden) this.hide(false);
    tab.focus();
    tab.click();
  }

  /**
   * @param {EventTarget} target
   * @param {string} kind
   * @param {(event: Event) => void} act
   */
  #listen(target, kind, act) {
    target.addEventListener(kind, act);
    this.#stops.push(() => target.removeEventListener(kind, act));
  }

  /** @returns {HTMLElement | null} */
  #shown() {
    return this.#body.querySelector("[data-page]");
  }

  /** Arrows move the focus along the tabs; Enter, Space or a click opens one. */
  #arrows(/** @type {KeyboardEvent} */ event) {
    const at = this.#tabs.findIndex((tab) => tab === event.target);
    if (at < 0) return;
    const count = this.#tabs.length;
    const to = { ArrowRight: (at + 1) % count, ArrowLeft: (at + count - 1) % count, Home: 0, End: count - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.#tabs[to]?.focus();
  }

  /** After a swap: mark the tab of what is shown, start a new page at its top, count the medicines. */
  #follow() {
    const shown = this.#shown();
    if (!shown) return;
    for (const tab of this.#tabs) {
      const chosen = tab.dataset.tabName === shown.dataset.tab;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      if (chosen) this.#body.setAttribute("aria-labelledby", tab.id);
    }
    const count = shown.dataset.medicineCount;
    const badge = this.#layout.querySelector("[data-medicine-badge]");
    if (count !== undefined && badge) badge.textContent = count;
    if (shown.dataset.page === this.#page) return;
    this.#page = shown.dataset.page ?? "";
    this.#body.scrollTop = 0;
  }
}
