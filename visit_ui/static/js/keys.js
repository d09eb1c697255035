// Single keys in the call: M, V, 1 to 5, ?. Off inside fields and in the middle of a shortcut; can be turned off for good.

const STORE = "titrate-keys";

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
  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    const act = acts[event.key.toLowerCase()];
    if (!act || !keysOn() || !isForPage(event)) return;
    event.preventDefault();
    act();
  };
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}
