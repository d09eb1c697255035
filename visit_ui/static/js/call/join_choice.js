// What the person chose at the device check, for the call in the same tab: with picture or by sound only, which devices,
// and what the check had found by then.

import { _ } from "../shell/texts.js";

const KEY = "titrate-join";

/** `good`, or what is said behind the name of the check, such as "not tested"; null: there is no such device to use.
 * @typedef {Record<import("../devices/check_view.js").CheckName, string | null>} Found */
/** @typedef {{camera: boolean, videoinput?: string, audioinput?: string, audiooutput?: string, found?: Found}} JoinChoice */

/** @returns {JoinChoice | null} null: nothing was checked in this tab */
export function choiceOf() {
  try {
    const value = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    return value && typeof value.camera === "boolean" ? value : null;
  } catch {
    return null;
  }
}

/**
 * What the waiting room says of it. Pure.
 * @param {JoinChoice | null} choice
 * @returns {{passed: boolean, words: string}} passed: everything was tested and works
 */
export function foundWords(choice) {
  const found = choice?.found;
  if (!found) return { passed: false, words: _("Not checked on this device.") };
  const said = [];
  if (!found.microphone) said.push(joinWords(choice.camera, false));
  else if (!choice.camera) said.push(joinWords(false, true));
  for (const [name, words] of /** @type {[string, string | null][]} */ (Object.entries(found))) {
    const needed = name !== "camera" || choice.camera;
    if (needed && words && words !== "good") said.push(_("%(device)s: %(found)s.", { device: nameOf(name), found: words }));
  }
  const passed = Object.values(found).every((words) => words === "good");
  return { passed, words: [...(passed ? [_("Checked on this device.")] : []), ...said].join(" ") };
}

/**
 * How a person with these devices takes part. Pure.
 * @param {boolean} camera
 * @param {boolean} microphone
 */
export function joinWords(camera, microphone) {
  if (microphone) return camera ? _("You will join with video and sound.") : _("You will join with sound only.");
  if (camera) return _("You will join without a microphone: you can see and hear, but nobody can hear you.");
  return _("You will join without a camera or microphone: you can see and hear, but nobody can see or hear you.");
}

/** @param {string} check */
function nameOf(check) {
  switch (check) {
    case "microphone": return _("Microphone");
    case "camera": return _("Camera");
    case "speaker": return _("Speaker");
    default: return _("Connection");
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
