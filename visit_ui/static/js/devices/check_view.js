// One result of the device check on the page: badge, words, steps, buttons. A problem moves to the top by its style.

import { icon } from "../shell/toast.js";
import { _, ngettext } from "../shell/texts.js";

/** @typedef {"microphone" | "camera" | "speaker" | "network"} CheckName */
/** @typedef {"waiting" | "good" | "problem" | "off"} CheckState */
/** @typedef {{words: string, onAct: () => void, primary?: boolean}} Act */
/** @typedef {{state: CheckState, badge: string, words: string, keep?: boolean, steps?: readonly string[], acts?: readonly Act[]}} Result */

const LOOK = /** @type {Readonly<Record<CheckState, readonly [string, string]>>} */ (Object.freeze({
  waiting: ["pending", ""],
  good: ["good", "check"],
  problem: ["warning", "triangle-alert"],
  off: ["unknown", "circle-dashed"],
}));

/**
 * @param {Act} act
 * @returns {HTMLButtonElement}
 */
function button({ words, onAct, primary }) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = primary ? "button primary" : "button";
  made.textContent = words;
  made.addEventListener("click", onAct);
  return made;
}

/**
 * @param {Element} root
 * @param {CheckName} name
 * @param {Result} result
 */
export function show(root, name, { state, badge, words, keep = false, steps = [], acts = [] }) {
  const part = root.querySelector(`[data-check="${name}"]`);
  if (!(part instanceof HTMLElement)) return;
  part.dataset.state = state;
  const [tone, sign] = LOOK[state];
  const mark = part.querySelector("[data-badge]");
  if (mark) {
    mark.className = `badge ${tone}`;
    mark.replaceChildren(...(sign ? [icon(sign)] : []), document.createTextNode(badge));
  }
  const line = part.querySelector("[data-words]");
  if (line && line.textContent !== words) line.textContent = words;
  line?.toggleAttribute("data-keep", keep);
  const list = part.querySelector("[data-steps]");
  list?.toggleAttribute("hidden", steps.length === 0);
  list?.replaceChildren(...steps.map((step) => Object.assign(document.createElement("li"), { textContent: step })));
  part.querySelector("[data-acts]")?.replaceChildren(...acts.map(button));
}

/**
 * @param {Element} root
 * @param {CheckName} name
 * @returns {CheckState}
 */
export function stateOf(root, name) {
  const part = root.querySelector(`[data-check="${name}"]`);
  return /** @type {CheckState} */ (part instanceof HTMLElement ? part.dataset.state : "waiting");
}

/**
 * The line under the title. Pure.
 * @param {readonly CheckState[]} states
 */
export function summaryWords(states) {
  const problems = states.filter((state) => state === "problem").length;
  if (problems) return ngettext("One thing needs your attention.", "%(num)s things need your attention.", problems);
  return states.every((state) => state === "good" || state === "off") ? _("Everything works.") : _("Testing. This takes a few seconds.");
}

/**
 * What the clinic is told. "Devices checked" is said there only when each of them was tested and works. Pure.
 * @param {readonly CheckState[]} states
 * @returns {"all_work" | "partly" | "problem"}
 */
export function outcomeOf(states) {
  if (states.includes("problem")) return "problem";
  return states.every((state) => state === "good") ? "all_work" : "partly";
}
