// What the call says of itself, in words. Pure: states in, sentences out; no blame, verbs first.

import { lackWords } from "./browser_lacks.js";

/** @typedef {"connecting" | "good" | "weak" | "very_weak" | "rejoining" | "unreachable" | "unable" | "elsewhere" | "out" | "ended"} Line */
/** @typedef {{words: string, detail: string, bars: number}} LineWords */
/** @typedef {{title: string, words: string, steps: readonly string[]}} Help */

/**
 * The line at the top of the stage. Only what is known is said: "lowered" when the server told us so.
 * @param {Line} line
 * @param {{rttMs?: number | null, limited?: boolean}} [known]
 * @returns {LineWords}
 */
export function lineWords(line, { rttMs = null, limited = false } = {}) {
  const lowered = limited ? "Picture lowered so that sound stays clear" : "";
  switch (line) {
    case "good": return { words: "Good connection", detail: lowered || (rttMs ? `· ${Math.round(rttMs)} ms` : ""), bars: 4 };
    case "weak": return { words: "Weak connection", detail: lowered, bars: 2 };
    case "very_weak": return { words: "Very weak connection", detail: lowered, bars: 1 };
    case "rejoining": return { words: "Rejoining", detail: "What you typed is not affected", bars: 0 };
    case "unreachable": return { words: "No connection", detail: "We keep trying", bars: 0 };
    case "elsewhere": return { words: "In another window", detail: "", bars: 0 };
    case "out": return { words: "Not in the call", detail: "", bars: 0 };
    case "unable": return { words: "No call in this browser", detail: "", bars: 0 };
    case "ended": return { words: "Ended", detail: "", bars: 0 };
    default: return { words: "Connecting", detail: "", bars: 0 };
  }
}

/** Of docs/protocol.md: joining could not be recorded; the page comes back by itself. */
export const NOT_RECORDED = 4507;

/** Codes of docs/protocol.md with which a call ends for this page. */
export const ENDED = Object.freeze({ left: 4000, ticket: 4401, signedOut: 4402, notAllowed: 4403, replaced: 4409, visitEnded: 4410, full: 4423 });

/**
 * What stands in place of a call that closed.
 * @param {number} code
 * @param {string} message the server's own sentence
 * @returns {{title: string, words: string, act?: string, home?: boolean}}
 */
export function closedWords(code, message) {
  switch (code) {
    case ENDED.replaced: return {
      title: "The call is open in another window",
      words: "Only one window of yours can hold it. The other one goes on.",
      act: "Use this window",
    };
    case ENDED.full: return { title: "The call is full", words: "It holds four people. Somebody has to leave first.", act: "Try again" };
    case ENDED.signedOut: return { title: "You are signed out", words: message, act: "Sign in" };
    case ENDED.notAllowed: return { title: "You can't be in this call now", words: message, act: "Try again" };
    default: return { title: "The call stopped on this page", words: message || "Something went wrong.", act: "Try again" };
  }
}

/** For a person who was taken out of the visit; one who was signed out gets the words of `closedWords`. */
export const TAKEN_OUT = Object.freeze({
  title: "You are not part of this visit any more",
  words: "If that is a mistake, ask the clinic.",
  home: true,
});

/**
 * What stands in a tile that has no picture, or none that moves.
 * @param {string} name
 * @param {"joining" | "away" | "off" | "waiting" | "stopped"} state
 * @param {import("./signal_client.js").Unseen | null} [unseen] why it is off: what they chose is told apart from what failed
 */
export function tileWords(name, state, unseen = null) {
  if (state === "stopped") return "Picture stopped";
  if (state === "waiting") return `Waiting for ${name}'s picture`;
  if (state === "off" && unseen === "lost") return `Camera stopped, nobody sees ${name}`;
  if (state === "off" && unseen === "none") return `No camera, nobody sees ${name}`;
  if (state === "off" && unseen === "off") return `${name} turned the camera off`;
  if (state === "off") return `${name} is here without a picture`;
  return state === "away" ? `${name} is rejoining` : `${name} is joining`;
}

/**
 * Beside the name of somebody who sends no sound: what they chose is told apart from what failed.
 * @param {string} name
 * @param {import("./signal_client.js").Unheard | null} why null: not known
 */
export function silenceWords(name, why) {
  if (why === "lost") return `microphone stopped, nobody hears ${name}`;
  if (why === "none") return `no microphone, nobody hears ${name}`;
  return why === "muted" ? "muted" : "no sound yet";
}

/**
 * Whose microphone or camera failed, and whose is back, in words for the notice; empty when nothing of it changed.
 * @param {"audio" | "video"} kind
 * @param {readonly string[]} lost
 * @param {readonly string[]} back
 */
export function losses(kind, lost, back) {
  const [device, takes, again] = kind === "audio" ? ["microphone", "hears", "heard"] : ["camera", "sees", "seen"];
  const said = lost.map((name) => `${name}'s ${device} stopped. Nobody ${takes} ${name}.`);
  return [...said, ...back.map((name) => `${name} can be ${again} again.`)].join(" ");
}

/**
 * Who came and who went, as one sentence for the notice; empty when nobody did.
 * @param {readonly string[]} came
 * @param {readonly string[]} went
 */
export function comings(came, went) {
  const said = [];
  if (came.length) said.push(`${came.join(" and ")} joined.`);
  if (went.length) said.push(`${went.join(" and ")} left.`);
  return said.join(" ");
}

/**
 * Which browser the help speaks of. Order matters: Edge and Chrome both say "Chrome", and all say "Safari".
 * @param {string} agent
 * @returns {"edge" | "firefox" | "chrome_phone" | "chrome" | "safari_phone" | "safari" | "other"}
 */
export function browserOf(agent) {
  if (/\bEdg/.test(agent)) return "edge";
  if (/Firefox|FxiOS/.test(agent)) return "firefox";
  if (/iPhone|iPad/.test(agent)) return "safari_phone";
  if (/Chrome/.test(agent)) return /Android/.test(agent) ? "chrome_phone" : "chrome";
  return /Safari/.test(agent) ? "safari" : "other";
}

const STEPS = /** @type {Readonly<Record<ReturnType<typeof browserOf>, readonly string[]>>} */ (Object.freeze({
  chrome: ["Press the icon at the left of the address.", "Turn on Camera and Microphone.", "Press Try again here."],
  edge: ["Press the lock at the left of the address.", "Set Camera and Microphone to Allow.", "Press Try again here."],
  chrome_phone: ["Touch the icon at the left of the address.", "Touch Permissions, and allow both.", "Touch Try again here."],
  firefox: ["Press the crossed-out camera at the left of the address.", "Remove the block on both.", "Press Try again here."],
  safari: ["Open Safari, then Settings for this website.", "Set Camera and Microphone to Allow.", "Press Try again here."],
  safari_phone: ["Touch the page menu at the left of the address.", "Touch Website settings, and allow both.", "Touch Try again here."],
  other: ["Open the settings of this site in your browser.", "Allow the camera and the microphone.", "Try again here."],
}));

/**
 * Help for a device that could not be used.
 * @param {import("../devices/devices.js").DeviceTrouble} why
 * @param {"camera" | "microphone"} device
 * @param {string} agent navigator.userAgent
 * @returns {Help}
 */
export function deviceHelp(why, device, agent) {
  switch (why) {
    case "denied": return {
      title: `Your browser keeps the ${device} from us`,
      words: "It asks once, and remembers the answer. You can change it:",
      steps: STEPS[browserOf(agent)],
    };
    case "missing": return {
      title: `We find no ${device}`,
      words: device === "camera" ? "Plug one in, or join by sound only: that works too." : "Plug one in, or use a phone.",
      steps: [],
    };
    case "busy": return {
      title: `Another program uses the ${device}`,
      words: "Close other video calls, in other windows too, and try again.",
      steps: [],
    };
    case "insecure": return { ...lackWords("insecure"), steps: [] };
    default: return { ...lackWords("calls"), steps: [] };
  }
}

/**
 * What the person's own page says of a device that stopped by itself, and the act that helps.
 * @param {"camera" | "microphone"} device
 * @param {boolean} silent its track is there, and something outside the page keeps it silent
 */
export function lostWords(device, silent) {
  const lack = device === "microphone" ? "Nobody hears you" : "Nobody sees you";
  const why = silent ? `Your ${device} is switched off outside this page.` : `Your ${device} stopped.`;
  return { words: `${lack}. ${why}`, act: silent ? "Try again" : "Turn it on again" };
}

/**
 * Time since the start, as a clock reads it.
 * @param {number} ms
 */
export function elapsed(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const tail = String(s).padStart(2, "0");
  return h ? `${h}:${String(m).padStart(2, "0")}:${tail}` : `${m}:${tail}`;
}
