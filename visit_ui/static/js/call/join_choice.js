// What the person chose at the device check, for the call in the same tab: with picture or by sound only, which devices,
// and what the check had found by then.

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
  if (!found) return { passed: false, words: "Not checked on this device." };
  const said = [];
  if (!found.microphone) said.push(joinWords(choice.camera, false));
  else if (!choice.camera) said.push(joinWords(false, true));
  for (const [name, words] of /** @type {[string, string | null][]} */ (Object.entries(found))) {
    const needed = name !== "camera" || choice.camera;
    if (needed && words && words !== "good") said.push(`${name[0]?.toUpperCase()}${name.slice(1)} ${words}.`);
  }
  const passed = Object.values(found).every((words) => words === "good");
  return { passed, words: [...(passed ? ["Checked on this device."] : []), ...said].join(" ") };
}

/**
 * How a person with these devices takes part. Pure.
 * @param {boolean} camera
 * @param {boolean} microphone
 */
export function joinWords(camera, microphone) {
  if (microphone) return camera ? "You join with picture and sound." : "You join by sound only.";
  if (camera) return "You join without microphone: you will see and hear, nobody hears you.";
  return "You join without camera and microphone: you will see and hear, nobody sees or hears you.";
}

/** @param {JoinChoice} choice */
export function choose(choice) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(choice));
  } catch {
    // Without storage the call begins with the browser's own devices.
  }
}
