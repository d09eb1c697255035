// What the call says of itself, in words. Pure: states in, sentences out; no blame, verbs first.

import { lackWords } from "./browser_lacks.js";
import { _, together } from "../shell/texts.js";

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
  const lowered = limited ? _("Video quality lowered to keep the sound clear") : "";
  switch (line) {
    case "good": return { words: _("Good connection"), detail: lowered || (rttMs ? `· ${Math.round(rttMs)} ms` : ""), bars: 4 };
    case "weak": return { words: _("Weak connection"), detail: lowered, bars: 2 };
    case "very_weak": return { words: _("Very weak connection"), detail: lowered, bars: 1 };
    case "rejoining": return { words: _("Rejoining"), detail: _("What you typed is safe"), bars: 0 };
    case "unreachable": return { words: _("No connection"), detail: _("We'll keep trying"), bars: 0 };
    case "elsewhere": return { words: _("In another window"), detail: "", bars: 0 };
    case "out": return { words: _("Not in the call"), detail: "", bars: 0 };
    case "unable": return { words: _("No call in this browser"), detail: "", bars: 0 };
    case "ended": return { words: _("Ended"), detail: "", bars: 0 };
    default: return { words: _("Connecting"), detail: "", bars: 0 };
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
      title: _("The call is open in another window"),
      words: _("You can be in the call in only one window. It continues in the other one."),
      act: _("Use this window"),
    };
    case ENDED.full: return { title: _("The call is full"), words: _("Four people can be in a call. Someone has to leave first."), act: _("Try again") };
    case ENDED.signedOut: return { title: _("You are signed out"), words: message, act: _("Sign in") };
    case ENDED.notAllowed: return { title: _("You can't be in this call now"), words: message, act: _("Try again") };
    default: return { title: _("The call stopped on this page"), words: message || _("Something went wrong."), act: _("Try again") };
  }
}

/** For a person who was taken out of the visit; one who was signed out gets the words of `closedWords`. */
export const TAKEN_OUT = Object.freeze({
  title: _("You are no longer part of this visit"),
  words: _("If this is a mistake, ask the clinic."),
  home: true,
});

/**
 * What stands in a tile that has no picture, or none that moves.
 * @param {string} name
 * @param {"joining" | "away" | "off" | "waiting" | "stopped"} state
 * @param {import("./signal_client.js").Unseen | null} [unseen] why it is off: what they chose is told apart from what failed
 */
export function tileWords(name, state, unseen = null) {
  if (state === "stopped") return _("Picture stopped");
  if (state === "waiting") return _("Waiting for %(name)s's picture", { name });
  if (state === "off" && unseen === "lost") return _("Camera stopped, nobody can see %(name)s", { name });
  if (state === "off" && unseen === "none") return _("No camera, nobody can see %(name)s", { name });
  if (state === "off" && unseen === "off") return _("%(name)s turned the camera off", { name });
  if (state === "off") return _("%(name)s is here without video", { name });
  return state === "away" ? _("%(name)s is rejoining", { name }) : _("%(name)s is joining", { name });
}

/**
 * Beside the name of somebody who sends no sound: what they chose is told apart from what failed.
 * @param {string} name
 * @param {import("./signal_client.js").Unheard | null} why null: not known
 */
export function silenceWords(name, why) {
  if (why === "lost") return _("microphone stopped, nobody can hear %(name)s", { name });
  if (why === "none") return _("no microphone, nobody can hear %(name)s", { name });
  return why === "muted" ? _("muted") : _("no sound yet");
}

/**
 * Whose microphone or camera failed, and whose is back, in words for the notice; empty when nothing of it changed.
 * @param {"audio" | "video"} kind
 * @param {readonly string[]} lost
 * @param {readonly string[]} back
 */
export function losses(kind, lost, back) {
  const stopped = (/** @type {string} */ name) => kind === "audio"
    ? _("%(name)s's microphone stopped. Nobody can hear %(name)s.", { name })
    : _("%(name)s's camera stopped. Nobody can see %(name)s.", { name });
  const again = (/** @type {string} */ name) => kind === "audio"
    ? _("You can hear %(name)s again.", { name })
    : _("You can see %(name)s again.", { name });
  return [...lost.map(stopped), ...back.map(again)].join(" ");
}

/**
 * Who came and who went, as one sentence for the notice; empty when nobody did.
 * @param {readonly string[]} came
 * @param {readonly string[]} went
 */
export function comings(came, went) {
  const said = [];
  if (came.length) said.push(_("%(names)s joined.", { names: together(came) }));
  if (went.length) said.push(_("%(names)s left.", { names: together(went) }));
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

/** @returns {readonly string[]} what to press, in order */
function steps(/** @type {ReturnType<typeof browserOf>} */ browser) {
  switch (browser) {
    case "chrome": return [_("Click the icon to the left of the address."), _("Turn on Camera and Microphone."), _("Click Try again here.")];
    case "edge": return [_("Click the lock to the left of the address."), _("Set Camera and Microphone to Allow."), _("Click Try again here.")];
    case "chrome_phone": return [_("Tap the icon to the left of the address."), _("Tap Permissions, and allow both."), _("Tap Try again here.")];
    case "firefox": return [_("Click the crossed-out camera to the left of the address."), _("Remove the block on both."), _("Click Try again here.")];
    case "safari": return [_("Open Safari, then Settings for this website."), _("Set Camera and Microphone to Allow."), _("Click Try again here.")];
    case "safari_phone": return [_("Tap the page menu to the left of the address."), _("Tap Website Settings, and allow both."), _("Tap Try again here.")];
    default: return [_("Open the settings of this site in your browser."), _("Allow the camera and the microphone."), _("Try again here.")];
  }
}

/**
 * Help for a device that could not be used.
 * @param {import("../devices/devices.js").DeviceTrouble} why
 * @param {"camera" | "microphone"} device
 * @param {string} agent navigator.userAgent
 * @returns {Help}
 */
export function deviceHelp(why, device, agent) {
  const camera = device === "camera";
  switch (why) {
    case "denied": return {
      title: camera ? _("Your browser is blocking the camera") : _("Your browser is blocking the microphone"),
      words: _("Your browser asks once and remembers your answer. You can change it:"),
      steps: steps(browserOf(agent)),
    };
    case "missing": return {
      title: camera ? _("We can't find a camera") : _("We can't find a microphone"),
      words: camera ? _("Plug one in, or join with sound only. That works too.") : _("Plug one in, or use a phone."),
      steps: [],
    };
    case "busy": return {
      title: camera ? _("Another program is using the camera") : _("Another program is using the microphone"),
      words: _("Close other video calls, including ones in other windows, and try again."),
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
  const camera = device === "camera";
  const off = camera ? _("Your camera is turned off outside this page.") : _("Your microphone is turned off outside this page.");
  const stopped = camera ? _("Your camera stopped.") : _("Your microphone stopped.");
  const lack = camera ? _("Nobody can see you.") : _("Nobody can hear you.");
  return { words: `${lack} ${silent ? off : stopped}`, act: silent ? _("Try again") : _("Turn it on again") };
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
