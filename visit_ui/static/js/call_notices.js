// What the stage says when something needs the person: words, and the one act that helps. No blame.

import { deviceHelp } from "./stage_words.js";

/** @typedef {import("./stage_view.js").StageView} StageView */

/** @param {StageView} view */
export function unreachable(view) {
  view.line("unreachable");
  view.notice({
    words: "We can't reach the clinic. We keep trying, and you can wait here. Is your network on?",
    icon: "wifi-off",
    tone: "warning",
    act: "Try now",
    onAct: () => location.reload(),
  });
}

/**
 * @param {StageView} view
 * @param {string} words the server's own: why nobody can join at this moment
 */
export function delayed(view, words) {
  view.notice({ words, icon: "circle-dashed", tone: "warning", act: "Try now", onAct: () => location.reload() });
}

/**
 * @param {StageView} view
 * @param {"audio" | "video"} kind
 * @param {import("./devices.js").DeviceTrouble} why
 * @param {() => void} again
 */
export function deviceTrouble(view, kind, why, again) {
  const help = deviceHelp(why, kind === "audio" ? "microphone" : "camera", navigator.userAgent);
  const close = () => view.instead(null);
  const show = () => view.instead({
    ...help,
    act: "Try again",
    onAct: () => {
      close();
      again();
    },
    other: kind === "audio" ? "Go on without being heard" : "Go on without a picture",
    onOther: close,
  });
  const lack = kind === "audio" ? "Nobody can hear you." : "You are here without a picture.";
  const icon = kind === "audio" ? "mic-off" : "video-off";
  view.notice({ words: `${lack} ${help.title}.`, icon, tone: "warning", act: "What to do", onAct: show });
}

/**
 * @param {StageView} view
 * @param {readonly string[]} who cannot hear
 * @param {() => void} unmute
 */
export function muted(view, who, unmute) {
  const words = who.length ? `You are muted. ${who.join(" and ")} cannot hear you.` : "You are muted.";
  view.notice({ words, icon: "mic-off", act: "Unmute", onAct: unmute });
}

/**
 * @param {StageView} view
 * @param {() => void} play
 */
export function askForTouch(view, play) {
  view.notice({
    words: "Your browser waits for you before it plays sound.",
    icon: "volume-2",
    act: "Turn the sound on",
    onAct: () => {
      view.notice(null);
      play();
    },
  });
}
