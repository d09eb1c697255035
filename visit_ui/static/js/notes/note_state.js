// The note at the right of the tabs: attaches an editor whenever the form is in the panel, and says what became of the text.

import { clock } from "../shell/clock.js";
import { NoteEditor } from "./note_editor.js";
import { DOUBT, isCovered, SIGNED_OUT } from "../shell/session.js";
import * as store from "./note_store.js";
import { icon } from "../shell/toast.js";

const WORDS = /** @type {Readonly<Record<string, readonly [string, string]>>} */ (Object.freeze({
  saving: ["clock", "Saving note"],
  saved: ["check", "Note saved"],
  kept: ["cloud-off", "Kept here only, no connection"],
  signed_out: ["lock", "Kept here only, you are signed out"],
  failed: ["triangle-alert", "Not saved. Copy your text"],
  conflict: ["triangle-alert", "Two texts: choose one"],
  sealed: ["lock", "Note signed"],
}));

/** @param {string | undefined} at ISO time */
function since(at) {
  const time = at ? new Date(at) : null;
  return !time || Number.isNaN(time.getTime()) ? "" : ` ${clock(time)}`;
}

/** @param {Event} event */
function say(event) {
  const line = document.getElementById("note-state");
  if (!line || !(event instanceof CustomEvent)) return;
  const { state: told, at, why } = /** @type {{state: string, at?: string, why?: string}} */ (event.detail);
  const state = told === "kept" && isCovered() ? "signed_out" : told;
  if (state === "kept") document.body.dispatchEvent(new CustomEvent(DOUBT)); // a save that is refused is kept too
  sayWhy(state, why);
  if (line.dataset.state === state && state !== "saved") return; // said already
  const [name, words] = WORDS[state] ?? ["", ""];
  line.dataset.state = state;
  line.replaceChildren(icon(name), document.createTextNode(` ${words}${since(at)}`));
}

/**
 * Beside the draft stands that it is saved as one types, or what keeps it from being saved.
 * @param {string} state
 * @param {string | undefined} why
 */
function sayWhy(state, why) {
  const draft = document.querySelector("[data-note-draft]");
  if (!(draft instanceof HTMLElement) || state === "saving") return;
  draft.dataset.usual ??= draft.textContent ?? "";
  draft.classList.toggle("refused", state === "failed");
  draft.textContent = state === "failed" ? `is not saved. ${why || "Copy your text."}` : draft.dataset.usual;
}

/** The text in the form is not lost, but it is not on the server either. */
function sayKept() {
  const unsaved = ["kept", "saving"].includes(document.getElementById("note-state")?.dataset.state ?? "");
  if (unsaved) say(new CustomEvent("", { detail: { state: "kept" } }));
}

/** @returns {() => void} stops it */
export function start() {
  /** @type {NoteEditor | null} */
  let editor = null;
  const follow = () => {
    const form = document.querySelector("[data-note]");
    if (editor && editor.form !== form) {
      if (document.querySelector(".sealed")) editor.forget();
      editor.stop();
      editor = null;
    }
    if (!editor && form instanceof HTMLFormElement) {
      store.forgetOthers(form.dataset.viewer ?? null);
      editor = new NoteEditor(form);
    }
    if (document.querySelector(".sealed:not(.draft)")) say(new CustomEvent("", { detail: { state: "sealed" } }));
  };
  /** @param {Event} event */
  const onSubmit = (event) => {
    const form = event.target;
    if (form instanceof HTMLFormElement && form.getAttribute("action") === "/sign-out") store.forgetOthers(null);
  };
  document.body.addEventListener("titrate:note-state", say);
  document.body.addEventListener(SIGNED_OUT, sayKept);
  document.addEventListener("htmx:after:swap", follow);
  document.addEventListener("submit", onSubmit);
  follow();
  return () => {
    editor?.stop();
    document.body.removeEventListener("titrate:note-state", say);
    document.body.removeEventListener(SIGNED_OUT, sayKept);
    document.removeEventListener("htmx:after:swap", follow);
    document.removeEventListener("submit", onSubmit);
  };
}
