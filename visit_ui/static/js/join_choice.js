// What the person chose at the device check, for the call in the same tab: with picture or by sound only, and which devices.

const KEY = "titrate-join";

/** @typedef {{camera: boolean, videoinput?: string, audioinput?: string, audiooutput?: string}} JoinChoice */

/** @returns {JoinChoice | null} null: nothing was checked in this tab */
export function choiceOf() {
  try {
    const value = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    return value && typeof value.camera === "boolean" ? value : null;
  } catch {
    return null;
  }
}

/** @param {JoinChoice} choice */
export function choose(choice) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(choice));
  } catch {
    // Without storage the call begins with the browser's own devices.
  }
}
