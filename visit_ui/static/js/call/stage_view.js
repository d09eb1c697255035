// What the stage shows: the line, notices, what stands in place of the call, the two struck buttons, the clock. It decides nothing.

import { elapsed, lineWords } from "./stage_words.js";
import { icon } from "../shell/toast.js";
import { _ } from "../shell/texts.js";

/** @typedef {import("./stage_words.js").Line} Line */
/** @typedef {{words: string, icon?: string, tone?: "plain" | "warning" | "error", act?: string, onAct?: () => void}} Notice */
/** @typedef {{title: string, words: string, steps?: readonly string[], act?: string, onAct?: () => void, other?: string, onOther?: () => void, home?: boolean}} Stop */

export class StageView {
  #stage;
  #clock = 0;
  #passing = /** @type {Notice | null} */ (null);
  #standing = /** @type {Partial<Record<"audio" | "video", Notice | null>>} */ ({});
  #onNotice = () => {};
  #onStop = () => {};
  #onOther = () => {};
  #onClick;

  /** @param {HTMLElement} stage */
  constructor(stage) {
    this.#stage = stage;
    this.#onClick = (/** @type {Event} */ event) => {
      const at = event.target instanceof Element ? event.target : null;
      if (at?.closest("[data-notice-act]")) this.#onNotice();
      if (at?.closest("[data-stop-act]")) this.#onStop();
      if (at?.closest("[data-stop-other]")) this.#onOther();
    };
    stage.addEventListener("click", this.#onClick);
    this.#run();
  }

  stop() {
    clearInterval(this.#clock);
    this.#stage.removeEventListener("click", this.#onClick);
  }

  /**
   * @param {Line} line
   * @param {{rttMs?: number | null, limited?: boolean}} [known]
   */
  line(line, known) {
    const { words, detail, bars } = lineWords(line, known);
    const at = this.#stage.querySelector("[data-connection-words]");
    if (at && at.textContent !== words) at.textContent = words; // said once, not at every measurement
    this.#text("[data-connection-detail]", detail);
    const drawn = this.#stage.querySelectorAll("[data-connection] rect");
    drawn.forEach((bar, index) => bar.classList.toggle("off", index >= bars));
    this.#stage.querySelector("[data-connection] svg")?.setAttribute("aria-label", `${bars} of 4 bars`);
  }

  /**
   * A line between status and pictures, for what still is: it stays until it is no longer true.
   * @param {Notice | null} notice
   */
  notice(notice) {
    this.#passing = notice;
    this.#show();
  }

  /**
   * What is wrong with a device of the person: there again when another notice has gone.
   * @param {"audio" | "video"} kind
   * @param {Notice | null} notice
   */
  standing(kind, notice) {
    this.#standing[kind] = notice;
    this.#show();
  }

  #show() {
    const notice = this.#passing ?? this.#standing.audio ?? this.#standing.video ?? null;
    const box = this.#stage.querySelector("[data-stage-notice]");
    if (!(box instanceof HTMLElement)) return;
    box.hidden = notice === null;
    if (!notice) return;
    box.dataset.tone = notice.tone ?? "plain";
    box.querySelector("[data-notice-icon]")?.replaceChildren(icon(notice.icon ?? "info"));
    this.#text("[data-notice-words]", notice.words);
    this.#button("[data-notice-act]", notice.act);
    this.#onNotice = notice.onAct ?? (() => {});
  }

  /**
   * Said to those who listen; the pictures show it to those who see. The picture never moves for it.
   * @param {string} words empty: nothing new
   * @param {string} left who left last, when nobody is here any more
   */
  news(words, left) {
    if (words) this.#text("[data-stage-news]", words);
    if (left) this.#text("[data-nobody-words]", _("%(name)s left the call", { name: left }));
  }

  /** @param {Stop | null} stop what stands in place of the call, or nothing */
  instead(stop) {
    const box = this.#stage.querySelector("[data-stage-stop]");
    if (!(box instanceof HTMLElement)) return;
    box.hidden = stop === null;
    if (!stop) return;
    this.#text("[data-stop-title]", stop.title);
    this.#text("[data-stop-words]", stop.words);
    const steps = box.querySelector("[data-stop-steps]");
    steps?.replaceChildren(...(stop.steps ?? []).map((step) => {
      const line = document.createElement("li");
      line.textContent = step;
      return line;
    }));
    steps?.toggleAttribute("hidden", !stop.steps?.length);
    this.#button("[data-stop-act]", stop.act);
    this.#button("[data-stop-other]", stop.other);
    box.querySelector("[data-stop-home]")?.toggleAttribute("hidden", !stop.home);
    this.#onStop = stop.onAct ?? (() => {});
    this.#onOther = stop.onOther ?? (() => {});
  }

  /** As the page came from the server: a call that begins again on it finds nothing of the one before. */
  begin() {
    delete this.#stage.dataset.over;
    this.#standing = {};
    this.notice(null);
    this.instead(null);
  }

  /**
   * The call is over for this page: what only a call needs goes away.
   * @param {boolean} takenOut nothing of the visit is left to act on either
   */
  over(takenOut) {
    this.#standing = {};
    this.notice(null);
    this.self(null);
    this.#stage.dataset.over = takenOut ? "taken-out" : "closed";
  }

  /**
   * @param {boolean} muted
   * @param {boolean} able false: there is no microphone to be muted, and the button looks for one
   */
  muted(muted, able) {
    this.#struck("mute", muted && able, able ? (muted ? _("Unmute") : _("Mute")) : _("No microphone"));
    const button = this.#stage.querySelector('[data-act="mute"]');
    button?.toggleAttribute("data-struck", muted || !able);
    button?.toggleAttribute("data-lacking", !able);
  }

  /**
   * @param {boolean} off
   * @param {boolean} [able] false: there is no camera to turn on
   */
  cameraOff(off, able = true) {
    this.#struck("camera", off, off ? _("Camera off") : _("Camera"));
    const button = this.#stage.querySelector('[data-act="camera"]');
    button?.setAttribute("aria-disabled", String(!able));
    this.#stage.querySelector(".self-view")?.toggleAttribute("data-off", off);
    this.#stage.querySelector("[data-self-off]")?.toggleAttribute("hidden", !off);
  }

  /** @param {MediaStream | null} stream */
  self(stream) {
    const video = this.#stage.querySelector("[data-self]");
    if (video instanceof HTMLVideoElement && video.srcObject !== stream) video.srcObject = stream;
  }

  /** The visit's time, from its own start: a reload does not begin it again. */
  #run() {
    const start = new Date(this.#stage.dataset.startedAt ?? "").getTime();
    const at = this.#stage.querySelector("[data-elapsed]");
    if (!at || Number.isNaN(start)) return;
    const show = () => { at.textContent = elapsed(Date.now() - start); };
    show();
    this.#clock = window.setInterval(show, 1000);
  }

  /**
   * @param {string} act
   * @param {boolean} struck
   * @param {string} words
   */
  #struck(act, struck, words) {
    const button = this.#stage.querySelector(`[data-act="${act}"]`);
    button?.setAttribute("aria-pressed", String(struck));
    button?.toggleAttribute("data-struck", struck);
    const word = button?.querySelector("[data-word]");
    if (word) word.textContent = words;
  }

  /**
   * @param {string} selector
   * @param {string} words
   */
  #text(selector, words) {
    const at = this.#stage.querySelector(selector);
    if (at && at.textContent !== words) at.textContent = words;
  }

  /**
   * @param {string} selector
   * @param {string | undefined} words
   */
  #button(selector, words) {
    const button = this.#stage.querySelector(selector);
    if (button instanceof HTMLElement) button.hidden = !words;
    if (button && words) button.textContent = words;
  }
}
