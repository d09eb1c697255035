// The note's editor: keeps every keystroke in this tab, saves a few seconds later, and never overwrites what somebody else saved.

import { isBegun, NoteBeginning, touch } from "./note_beginning.js";
import { NoteConflict } from "./note_conflict.js";
import { Saves } from "./note_saving.js";
import * as store from "./note_store.js";

const SAVE_AFTER_MS = 2500;
const TRY_AGAIN_MS = 5000;

/** @typedef {"empty" | "saving" | "saved" | "kept" | "failed" | "conflict" | "sealed"} NoteState */

export class NoteEditor {
  #form;
  #key;
  #timer = 0;
  #saving = false;
  #dirty = false;
  #stopped = false;
  #signs = false;
  #signNext = false;
  #conflict;
  #beginning;
  #saves = new Saves();
  #stops = /** @type {(() => void)[]} */ ([]);

  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.#form = form;
    this.#key = store.keyOf(form.dataset.visit ?? "", form.dataset.viewer ?? "");
    this.#conflict = new NoteConflict(form, (sections, version) => this.#settle(sections, version));
    this.#beginning = new NoteBeginning(form);
    this.#listen(form, "input", (event) => this.#typed(event));
    this.#listen(form, "submit", (event) => this.#signing(event), true); // before htmx reads the form
    this.#listen(document, "htmx:error", () => this.#unsigned());
    this.#listen(document, "htmx:after:request", (event) => {
      if (event instanceof CustomEvent && event.detail?.ctx?.response?.status >= 500) this.#unsigned();
    });
    this.#listen(window, "online", () => void this.save());
    this.#listen(window, "pagehide", () => void this.save(true));
    this.#restore();
  }

  /** The editor leaves the page (another tab of the panel): what is typed goes to the server now. */
  stop() {
    if (this.#dirty) void this.save(true);
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#conflict.stop();
    this.#beginning.stop();
    for (const stop of this.#stops.splice(0)) stop();
  }

  get form() {
    return this.#form;
  }

  /** Signed and sealed: the copy in this tab is no longer needed. */
  forget() {
    this.#dirty = false;
    store.forget(this.#key);
  }

  /**
   * @param {EventTarget} target
   * @param {string} kind
   * @param {(event: Event) => void} act
   * @param {boolean} [capture]
   */
  #listen(target, kind, act, capture = false) {
    target.addEventListener(kind, act, capture);
    this.#stops.push(() => target.removeEventListener(kind, act, capture));
  }

  /**
   * Signing sends the text and its version: a save that is still on its way would make that version old.
   * @param {Event} event
   */
  #signing(event) {
    if (this.#saving || this.#conflict.open || this.#saves.unanswered) {
      event.preventDefault();
      event.stopImmediatePropagation();
      if (this.#conflict.open) return this.#conflict.remind();
      this.#signNext = true;
      if (!this.#saving) void this.save();
      return;
    }
    clearTimeout(this.#timer);
    this.#signs = true;
    this.#say("saving");
  }

  /** The signing was not answered, or never reached the server: go on saving. */
  #unsigned() {
    if (!this.#signs) return;
    this.#signs = false;
    this.#say("kept");
    if (this.#dirty) this.#saveIn(TRY_AGAIN_MS);
  }

  /** @returns {Record<string, string>} what a person has typed, by part */
  #sections() {
    const fields = [...this.#form.querySelectorAll("textarea")].filter((field) => !isBegun(field));
    return Object.fromEntries(fields.map((field) => [field.name.replace(/^section-/, ""), field.value]));
  }

  /** @returns {HTMLInputElement} */
  get #version() {
    return /** @type {HTMLInputElement} */ (this.#form.elements.namedItem("version"));
  }

  /** @param {Event} event */
  #typed(event) {
    if (!(event.target instanceof HTMLTextAreaElement)) return; // an answer about an open alert: sent with the signature
    touch(event.target);
    this.#keep();
  }

  #keep() {
    this.#dirty = true;
    const template = new FormData(this.#form).get("template");
    const at = new Date().toISOString();
    const kept = { version: Number(this.#version.value), template: String(template ?? ""), sections: this.#sections(), at };
    if (!store.keep(this.#key, kept)) this.#say("failed");
    this.#saveIn(SAVE_AFTER_MS);
  }

  /** @param {number} waitMs */
  #saveIn(waitMs) {
    clearTimeout(this.#timer);
    if (!this.#stopped && !this.#conflict.open) this.#timer = window.setTimeout(() => void this.save(), waitMs);
  }

  /**
   * @param {boolean} [leaving] the page goes away: the request must outlive it
   */
  async save(leaving = false) {
    if (!this.#dirty || this.#signs || this.#conflict.open || (this.#saving && !leaving)) return;
    this.#saving = true;
    this.#say("saving");
    const { outcome: answer, sections: sent } = await this.#saves.post(this.#form, JSON.stringify(this.#sections()), leaving);
    this.#saving = false;
    const signNext = this.#signNext;
    this.#signNext = false;
    if (answer === "kept" || answer === "sealed") {
      this.#say(answer);
      if (answer === "kept") this.#saveIn(TRY_AGAIN_MS);
      return;
    }
    if ("refused" in answer) {
      this.#say("failed", undefined, answer.refused);
      return this.#saveIn(TRY_AGAIN_MS);
    }
    if (answer.sections) return this.#conflicted(answer.sections, answer.version);
    this.#version.value = String(answer.version);
    this.#dirty = JSON.stringify(this.#sections()) !== sent;
    if (this.#dirty) {
      this.#signNext = signNext;
      return this.#saveIn(signNext ? 0 : SAVE_AFTER_MS);
    }
    store.forget(this.#key);
    this.#say("saved", answer.saved_at);
    if (signNext) this.#form.requestSubmit();
  }

  /** Text that was typed here and never reached the server comes back, unless the server has something newer. */
  #restore() {
    const kept = store.kept(this.#key);
    if (!kept) return;
    if (JSON.stringify(kept.sections) === JSON.stringify(this.#sections())) {
      this.#dirty = true; // the same text may stand here because signing was refused: save it, to be sure
      return this.#saveIn(0);
    }
    const theirs = this.#sections();
    const newest = Number(this.#version.value);
    this.#fill(kept.sections);
    this.#dirty = true;
    if (newest > kept.version) return this.#conflicted(theirs, newest);
    this.#say("kept");
    this.#saveIn(0);
  }

  /** @param {Record<string, string>} sections */
  #fill(sections) {
    for (const field of this.#form.querySelectorAll("textarea")) {
      const text = sections[field.name.replace(/^section-/, "")];
      if (text === undefined) continue;
      field.value = text;
      touch(field);
    }
  }

  /**
   * @param {Record<string, string>} theirs
   * @param {number} version
   */
  #conflicted(theirs, version) {
    this.#say("conflict");
    this.#conflict.show(this.#sections(), theirs, version);
  }

  /**
   * @param {Record<string, string>} sections
   * @param {number} version
   */
  #settle(sections, version) {
    this.#fill(sections);
    this.#version.value = String(version);
    this.#keep();
    this.#saveIn(0);
  }

  /**
   * @param {NoteState} state
   * @param {string} [at]
   * @param {string} [why] what the server said when it refused to save
   */
  #say(state, at, why) {
    document.body.dispatchEvent(new CustomEvent("titrate:note-state", { detail: { state, at, why } }));
  }
}
