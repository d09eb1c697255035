// Text typed into a note and not yet known to be saved, kept in this tab.
//
// sessionStorage: it survives a reload, a crash of the page and the loss of the connection, it is written at once (a database
// would answer later, perhaps too late), each tab has its own so two tabs never overwrite one another here, and it goes with the tab:
// nothing of a patient stays on a shared computer.

const PREFIX = "titrate-note:";

/** @typedef {{version: number, template: string, sections: Record<string, string>, at: string}} Kept */

/**
 * @param {string} visit
 * @param {string} viewer
 */
export function keyOf(visit, viewer) {
  return `${PREFIX}${viewer}:${visit}`;
}

/**
 * @param {string} key
 * @param {Kept} kept
 */
export function keep(key, kept) {
  try {
    sessionStorage.setItem(key, JSON.stringify(kept));
    return true;
  } catch {
    return false; // storage is full or forbidden: the page then says that the text is not kept
  }
}

/**
 * @param {string} key
 * @returns {Kept | null}
 */
export function kept(key) {
  try {
    const value = JSON.parse(sessionStorage.getItem(key) ?? "null");
    return value && typeof value.version === "number" && typeof value.sections === "object" ? value : null;
  } catch {
    return null;
  }
}

/** @param {string} key */
export function forget(key) {
  sessionStorage.removeItem(key);
}

/** After signing out, or when somebody else uses this tab: everything that is not theirs goes. */
export function forgetOthers(/** @type {string | null} */ viewer) {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(PREFIX) && (viewer === null || !key.startsWith(`${PREFIX}${viewer}:`))) forget(key);
  }
}
