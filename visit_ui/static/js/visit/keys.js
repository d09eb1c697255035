// Single keys in the call: M, V, 1 to 5, ?. Off inside fields and in the middle of a shortcut; can be turned off for good.
// Off too while somebody writes and the field is lost from under them: until they press, or move on by Tab, Enter or Escape.

import { isText } from "../shell/typing.js";

const STORE = "titrate-keys";
const MOVES_ON = ["Tab", "Enter", "Escape"];

/**
 * Whether a key press is meant for the page rather than for a field. Pure but for reading the event.
 * @param {KeyboardEvent} event
 */
export function isForPage(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return false;
  const at = event.target;
  return !(at instanceof Element && at.closest("input, textarea, select, [contenteditable]"));
}

/** Remembered for this tab only: a shared computer keeps nothing. */
export function keysOn() {
  return sessionStorage.getItem(STORE) !== "off";
}

/** @param {boolean} on */
export function setKeys(on) {
  if (on) sessionStorage.removeItem(STORE);
  else sessionStorage.setItem(STORE, "off");
}

/**
 * @param {Readonly<Record<string, () => void>>} acts by key, in lower case
 * @returns {() => void} stops it
 */
export function start(acts) {
  let writing = false; // the last key or press went into text

  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    if (isText(event.target)) writing = true;
    if (MOVES_ON.includes(event.key)) writing = false;
    const act = acts[event.key.toLowerCase()];
    if (!act || writing || !keysOn() || !isForPage(event)) return;
    event.preventDefault();
    act();
  };
  /** @param {Event} event */
  const onPress = (event) => {
    writing = isText(event.target);
  };
  document.addEventListener("keydown", onKey);
  document.addEventListener("pointerdown", onPress);
  return () => {
    document.removeEventListener("keydown", onKey);
    document.removeEventListener("pointerdown", onPress);
  };
}
