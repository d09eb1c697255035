// What the stage says when something needs the person: words, and the one act that helps. No blame.

import { deviceHelp, lostWords } from "./stage_words.js";
import { _, together } from "../shell/texts.js";

/** @typedef {import("./stage_view.js").StageView} StageView */

/** @param {StageView} view */
export function unreachable(view) {
  view.line("unreachable");
  view.notice({
    words: _("We can't reach the clinic. We'll keep trying, and you can wait here. Is your internet on?"),
    icon: "wifi-off",
    tone: "warning",
    act: _("Try now"),
    onAct: () => location.reload(),
  });
}

/**
 * @param {StageView} view
 * @param {string} words the server's own: why nobody can join at this moment
 */
export function delayed(view, words) {
  view.notice({ words, icon: "circle-dashed", tone: "warning", act: _("Try now"), onAct: () => location.reload() });
}

/**
 * @param {StageView} view
 * @param {"audio" | "video"} kind
 * @param {import("../devices/devices.js").DeviceTrouble} why
 * @param {{without: boolean, again: () => void}} now `without`: nothing is sent; else the one before goes on
 */
export function deviceTrouble(view, kind, why, { without, again }) {
  const device = kind === "audio" ? "microphone" : "camera";
  const help = deviceHelp(why, device, navigator.userAgent);
  const close = () => view.instead(null);
  const show = () => view.instead({
    ...help,
    act: _("Try again"),
    onAct: () => {
      close();
      again();
    },
    other: kind === "audio" ? _("Continue without a microphone") : _("Continue without video"),
    onOther: close,
  });
  const icon = kind === "audio" ? "mic-off" : "video-off";
  if (!without) {
    const before = kind === "audio" ? _("We are still using your previous microphone.") : _("We are still using your previous camera.");
    return view.notice({ words: `${help.title}. ${before}`, icon, act: _("Close"), onAct: () => view.notice(null) });
  }
  const lack = kind === "audio" ? _("Nobody can hear you.") : _("You are in the visit without video.");
  view.standing(kind, { words: `${lack} ${help.title}.`, icon, tone: "warning", act: _("What to do"), onAct: show });
}

/**
 * @param {StageView} view
 * @param {"audio" | "video"} kind
 * @param {boolean} silent the track is there, and something outside the page keeps it silent
 * @param {() => void} again
 */
export function lost(view, kind, silent, again) {
  const [device, icon] = kind === "audio" ? /** @type {const} */ (["microphone", "mic-off"]) : /** @type {const} */ (["camera", "video-off"]);
  view.standing(kind, { ...lostWords(device, silent), icon, tone: "error", onAct: again });
}

/**
 * @param {StageView} view
 * @param {readonly string[]} who cannot hear
 * @param {() => void} unmute
 */
export function muted(view, who, unmute) {
  const words = who.length ? _("You are muted. %(names)s cannot hear you.", { names: together(who) }) : _("You are muted.");
  view.notice({ words, icon: "mic-off", act: _("Unmute"), onAct: unmute });
}

/**
 * @param {StageView} view
 * @param {() => void} play
 */
export function askForTouch(view, play) {
  view.notice({
    words: _("Your browser needs your OK to play sound."),
    icon: "volume-2",
    act: _("Turn the sound on"),
    onAct: () => {
      view.notice(null);
      play();
    },
  });
}
