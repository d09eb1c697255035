// Two tabs, or two people, wrote the same note: both texts are shown, and a person chooses.

/** @typedef {Record<string, string>} Sections */

/**
 * One text below the other, where they differ. Pure.
 * @param {Sections} mine
 * @param {Sections} theirs
 * @returns {Sections}
 */
export function both(mine, theirs) {
  const ids = [...new Set([...Object.keys(mine), ...Object.keys(theirs)])];
  return Object.fromEntries(ids.map((id) => {
    const [a = "", b = ""] = [mine[id], theirs[id]];
    if (a === b || !b) return [id, a];
    return [id, a ? `${a}\n\n${b}` : b];
  }));
}

export class NoteConflict {
  #box;
  #settle;
  #mine = /** @type {Sections} */ ({});
  #theirs = /** @type {Sections} */ ({});
  #version = 0;
  #titles;
  #onClick;

  /**
   * @param {HTMLFormElement} form
   * @param {(sections: Sections, version: number) => void} settle
   */
  constructor(form, settle) {
    this.#box = /** @type {HTMLElement | null} */ (form.parentElement?.querySelector("[data-note-conflict]") ?? null);
    this.#settle = settle;
    this.#titles = new Map([...form.querySelectorAll("textarea")].map((field) =>
      [field.name.replace(/^section-/, ""), field.labels[0]?.textContent ?? field.name]));
    this.#onClick = (/** @type {Event} */ event) => this.#choose(event);
    this.#box?.addEventListener("click", this.#onClick);
  }

  stop() {
    this.#box?.removeEventListener("click", this.#onClick);
  }

  get open() {
    return this.#box !== null && !this.#box.hidden;
  }

  /** Nothing goes on before a person has chosen. */
  remind() {
    this.#box?.scrollIntoView({ block: "nearest" });
    const first = this.#box?.querySelector("[data-conflict]");
    if (first instanceof HTMLElement) first.focus();
  }

  /**
   * @param {Sections} mine
   * @param {Sections} theirs
   * @param {number} version
   */
  show(mine, theirs, version) {
    [this.#mine, this.#theirs, this.#version] = [mine, theirs, version];
    if (!this.#box) return this.#settle(both(mine, theirs), version); // nowhere to ask: losing nothing comes first
    const texts = this.#box.querySelector("[data-conflict-texts]");
    texts?.replaceChildren(this.#column("Yours, here", mine), this.#column("Saved from somewhere else", theirs));
    this.#box.hidden = false;
  }

  /**
   * @param {string} title
   * @param {Sections} sections
   */
  #column(title, sections) {
    const column = document.createElement("div");
    const head = document.createElement("h4");
    const text = document.createElement("pre");
    head.textContent = title;
    text.tabIndex = 0;
    text.textContent = Object.entries(sections)
      .filter(([id]) => (this.#mine[id] ?? "") !== (this.#theirs[id] ?? ""))
      .map(([id, words]) => `${this.#titles.get(id) ?? id}\n${words || "(empty)"}`).join("\n\n");
    column.append(head, text);
    return column;
  }

  /** @param {Event} event */
  #choose(event) {
    const button = event.target instanceof Element ? event.target.closest("[data-conflict]") : null;
    if (!(button instanceof HTMLElement) || !this.#box) return;
    this.#box.hidden = true;
    const choice = button.dataset.conflict;
    const sections = choice === "mine" ? this.#mine : choice === "theirs" ? this.#theirs : both(this.#mine, this.#theirs);
    this.#settle(sections, this.#version);
  }
}
