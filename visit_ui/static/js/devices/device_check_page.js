// The device check: opens camera and microphone, tells what works, what does not, and what to do about it.

import { lackOf, lackWords } from "../call/browser_lacks.js";
import { figures, testLine } from "./check_line.js";
import { MicrophoneCheck } from "./check_microphone.js";
import { Verdicts } from "./check_verdicts.js";
import { outcomeOf, show, stateOf, summaryWords } from "./check_view.js";
import * as deviceDrawer from "./device_drawer.js";
import { listDevices, playTone } from "./devices.js";
import { choiceOf, choose, joinWords } from "../call/join_choice.js";
import { OwnMedia } from "../call/own_media.js";
import { deviceHelp, lostWords } from "../call/stage_words.js";

const NAMES = /** @type {const} */ (["microphone", "camera", "speaker", "network"]);
const LEVELS = /** @type {const} */ ({
  good: ["good", "Good", ""],
  fair: ["good", "Weak", "The picture may be lowered now and then, so that sound stays clear."],
  poor: ["problem", "Very weak", "Picture and sound may stop. Move closer to your router, or join by sound only."],
});

const REACHED = /** @type {const} */ (
  ["good", "Reached", "We reach the clinic. How much the line carries shows only with a microphone or a camera."]);

class DeviceCheck {
  #root;
  #own = new OwnMedia();
  #testing = new AbortController();
  #verdicts = new Verdicts((name) => this.#late(name));
  #microphone = /** @type {MicrophoneCheck | null} */ (null);
  #badges = /** @type {Partial<Record<import("./check_view.js").CheckName, string>>} */ ({});
  #devices;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    this.#devices = deviceDrawer.start(root, () => this.#inUse(), (kind, id) => void this.#choose(kind, id));
    this.#own.addEventListener("track", (event) => this.#tracked(/** @type {CustomEvent} */ (event).detail));
    this.#own.addEventListener("trouble", (event) => this.#trouble(/** @type {CustomEvent} */ (event).detail));
    root.addEventListener("click", (event) => this.#go(event));
    root.addEventListener("pointerdown", () => this.#microphone?.resume());
  }

  /** Nothing waits for anything else: a question of the browser may stay without an answer. */
  async begin() {
    this.#speaker();
    for (const name of this.#names) if (name !== "speaker") this.#verdicts.await(name);
    void this.#network();
    await Promise.all([this.#own.open("audio"), this.#pictures ? this.#own.open("video") : null]);
    await this.#devices.refresh();
  }

  get #pictures() {
    return this.#root.dataset.sound !== "only";
  }

  get #names() {
    return NAMES.filter((name) => name !== "camera" || this.#pictures);
  }

  stop() {
    this.#testing.abort();
    this.#verdicts.stop();
    this.#microphone?.stop();
    this.#devices.stop();
    this.#own.stop();
  }

  /**
   * @param {import("./check_view.js").CheckName} name
   * @param {import("./check_view.js").Result} result
   */
  #show(name, result) {
    show(this.#root, name, result);
    if (result.state !== "waiting") this.#verdicts.reached(name);
    else if (name !== "speaker") this.#verdicts.await(name); // that one waits for the person
    this.#badges[name] = result.badge;
    const names = this.#names;
    const states = names.map((one) => stateOf(this.#root, one));
    const line = this.#root.querySelector("[data-check-summary]");
    const words = summaryWords(states.filter((_state, index) => names[index] !== "speaker" || states[index] === "problem"));
    if (line && line.textContent !== words) line.textContent = words;
    const outcome = this.#root.querySelector("[data-outcome]");
    if (outcome instanceof HTMLInputElement) outcome.value = outcomeOf(states);
  }

  /** @param {import("../call/own_media.js").Sent} detail */
  #tracked({ kind, track, lost }) {
    if (kind === "audio") this.#microphone?.stop();
    if (lost) return this.#lost(kind, track !== null);
    if (track) this.#without(kind, false);
    if (track && this.#badges.network === REACHED[1]) void this.#network(); // now there is something to send
    if (kind === "video") return this.#picture(track);
    const bar = this.#root.querySelector("[data-level]");
    if (!track || !(bar instanceof HTMLElement)) return;
    this.#verdicts.reached("microphone"); // the browser was answered: the time to be heard begins
    this.#show("microphone", { state: "waiting", badge: "Testing", words: "Say a few words." });
    this.#microphone = new MicrophoneCheck(bar, track, (heard) => void (heard ? this.#heard() : this.#quiet()));
  }

  /**
   * It worked, and does not any more: unplugged, or switched off outside the page.
   * @param {"audio" | "video"} kind
   * @param {boolean} silent
   */
  #lost(kind, silent) {
    const device = kind === "audio" ? "microphone" : "camera";
    const { words, act } = lostWords(device, silent);
    this.#show(device, { state: "problem", badge: "Stopped", words, acts: [{ words: act, primary: true, onAct: () => void this.#again(kind) }] });
    this.#without(kind, true);
    if (kind === "video") this.#picture(null);
  }

  #heard() {
    this.#show("microphone", { state: "good", badge: "Works", words: "We hear you." });
  }

  /** Another microphone is offered by its name when there is one. */
  async #quiet() {
    const now = this.#own.track("audio")?.getSettings().deviceId;
    const other = (await listDevices()).audioinput.find((one) => one.id !== now && one.id !== "default");
    const again = { words: "Test again", onAct: () => void this.#own.open("audio") };
    const change = { words: `Use ${other?.label ?? ""}`, primary: true, onAct: () => void this.#own.open("audio", other?.id) };
    this.#show("microphone", {
      state: "problem",
      badge: "Too quiet",
      words: `We can hardly hear you. Your headset may be muted: look for a switch on its cable.${other ? " Or use another microphone." : ""}`,
      acts: other ? [change, again] : [again],
    });
  }

  /** @param {MediaStreamTrack | null} track */
  #picture(track) {
    const video = this.#root.querySelector("[data-preview]");
    if (video instanceof HTMLVideoElement) video.srcObject = this.#own.stream;
    this.#root.querySelector("[data-preview-instead]")?.toggleAttribute("hidden", track !== null);
    if (track) this.#show("camera", { state: "good", badge: "Works", words: "We see you." });
  }

  /** @param {{kind: "audio" | "video", why: import("./devices.js").DeviceTrouble}} detail */
  #trouble({ kind, why }) {
    const device = kind === "audio" ? "microphone" : "camera";
    const help = deviceHelp(why, device, navigator.userAgent);
    this.#show(device, {
      state: "problem",
      badge: why === "denied" ? "Not allowed" : "Does not work",
      words: `${help.title}. ${help.words}`,
      steps: help.steps,
      acts: [{ words: "Try again", primary: true, onAct: () => void this.#again(kind) }],
    });
    if (!this.#own.track(kind)) this.#without(kind, true);
  }

  /** @param {"audio" | "video"} kind */
  async #again(kind) {
    await this.#own.open(kind);
    await this.#devices.refresh(); // only now does the browser name the devices
  }

  /**
   * Ten seconds without a result: what is waited for is said. A result that comes later takes its place.
   * @param {import("./check_view.js").CheckName} name
   */
  #late(name) {
    if (name === "network") return this.#show(name, {
      state: "problem", badge: "No answer yet", acts: [this.#retry],
      words: "The clinic's video server has not answered so far. We keep trying. Another network may help: mobile data instead of Wi-Fi, or without a VPN.",
    });
    if (name === "speaker") return;
    const kind = name === "microphone" ? "audio" : "video";
    if (kind === "audio" && this.#own.track(kind)) return void this.#quiet();
    this.#show(name, {
      state: "problem", badge: "Not answered",
      words: `Your browser asks whether this page may use the ${name}. Look for its question at the top of the window, and allow it. If there is none, try again.`,
      acts: [{ words: "Try again", onAct: () => void this.#again(kind) }],
    });
  }

  /**
   * What the page offers and says follows from which devices there are.
   * @param {"audio" | "video"} kind
   * @param {boolean} without
   */
  #without(kind, without) {
    const kinds = new Set(this.#root.dataset.without?.split(" "));
    if (without) kinds.add(kind);
    else kinds.delete(kind);
    if (kinds.size) this.#root.dataset.without = [...kinds].join(" ");
    else delete this.#root.dataset.without;
    const [camera, microphone] = [!kinds.has("video"), !kinds.has("audio")];
    this.#root.querySelector('[data-go="sound"]')?.toggleAttribute("hidden", !microphone);
    const instead = this.#root.querySelector("[data-preview-words]");
    if (instead) instead.textContent = camera ? "You will see yourself here." : `No picture yet. ${joinWords(camera, microphone)}`;
    const go = this.#root.querySelector("[data-go-words]");
    const now = kinds.size ? `${joinWords(camera, microphone)} ` : "";
    if (go) go.textContent = `${now}You can go on now and change these during the visit.`;
  }

  #speaker() {
    const play = { words: "Play a sound", onAct: () => void this.#play() };
    this.#show("speaker", { state: "waiting", badge: "Not tested", words: "Play a sound and tell us if you hear it.", acts: [play] });
  }

  async #play() {
    await playTone(choiceOf()?.audiooutput).done.catch(() => {}); // the answer below says what the person heard
    const again = { words: "Play it again", onAct: () => void this.#play() };
    const yes = { words: "Yes, I hear it", onAct: () => this.#show("speaker", { state: "good", badge: "Works", words: "You hear us." }) };
    const no = { words: "No", onAct: () => this.#show("speaker", {
      state: "problem", badge: "Not heard", words: "Turn the volume up, and look whether headphones are plugged in.", acts: [again],
    }) };
    this.#show("speaker", { state: "waiting", badge: "Your turn", words: "Did you hear two soft notes?", acts: [yes, no, again] });
  }

  #retry = { words: "Test again", primary: true, onAct: () => void this.#network() };

  async #network() {
    this.#testing.abort();
    const lack = lackOf();
    if (lack) return this.#show("network", { state: "problem", badge: "Not in this browser", words: `${lackWords(lack).title}. ${lackWords(lack).words}` });
    const { signal } = this.#testing = new AbortController();
    this.#show("network", { state: "waiting", badge: "Testing", words: "Testing your connection to the clinic. This takes a few seconds." });
    try {
      const line = await testLine(this.#root.dataset, this.#own, signal);
      if (signal.aborted) return;
      const measured = line.uplinkKbps !== null || line.downKbps !== null;
      const [state, badge, words] = measured || line.level === "poor" ? LEVELS[line.level] : REACHED;
      this.#show("network", { state, badge, words, keep: words !== "", acts: state === "problem" ? [this.#retry] : [] });
      const list = this.#root.querySelector("[data-figures]");
      list?.removeAttribute("hidden");
      for (const [name, text] of Object.entries(figures(line))) {
        const at = list?.querySelector(`[data-figure="${name}"]`);
        if (at) at.textContent = text;
        at?.parentElement?.toggleAttribute("hidden", text === null);
      }
    } catch {
      if (signal.aborted) return;
      this.#show("network", {
        state: "problem", badge: "Not reached", acts: [this.#retry],
        words: "We can't reach the clinic's video server from here. Another network may help: mobile data instead of Wi-Fi, or without a VPN.",
      });
    }
  }

  #inUse() {
    const id = (/** @type {"audio" | "video"} */ kind) => this.#own.track(kind)?.getSettings().deviceId ?? "";
    return { audioinput: id("audio"), videoinput: id("video") };
  }

  /**
   * @param {import("./devices.js").DeviceKind} kind
   * @param {string} id
   */
  async #choose(kind, id) {
    await this.#own.open(kind === "audioinput" ? "audio" : "video", id);
  }

  /** @param {Event} event */
  #go(event) {
    const button = event.target instanceof Element ? event.target.closest("[data-go]") : null;
    if (!button) return;
    // A camera that is still being opened is wanted: only one that failed is left out.
    const camera = button.getAttribute("data-go") === "video" && this.#pictures && !this.#lacks("video");
    choose({ ...this.#inUse(), ...choiceOf(), camera, found: this.#found() });
  }

  /** @param {"audio" | "video"} kind */
  #lacks(kind) {
    return Boolean(this.#root.dataset.without?.split(" ").includes(kind));
  }

  /** @returns {import("../call/join_choice.js").Found} */
  #found() {
    const words = (/** @type {import("./check_view.js").CheckName} */ name) => {
      const state = stateOf(this.#root, name);
      if (state === "good") return "good";
      return state === "problem" ? (this.#badges[name] ?? "").toLowerCase() : "not tested";
    };
    const camera = this.#pictures && !this.#lacks("video") ? words("camera") : null;
    return { microphone: this.#lacks("audio") ? null : words("microphone"), camera, speaker: words("speaker"), network: words("network") };
  }
}

const root = document.querySelector(".check-page");
if (root instanceof HTMLElement) {
  const check = new DeviceCheck(root);
  window.addEventListener("pagehide", () => check.stop(), { once: true });
  void check.begin();
}
