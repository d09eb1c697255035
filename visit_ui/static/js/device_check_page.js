// The device check: opens camera and microphone, tells what works, what does not, and what to do about it.

import { figures, testLine } from "./check_line.js";
import { MicrophoneCheck } from "./check_microphone.js";
import { outcomeOf, show, stateOf, summaryWords } from "./check_view.js";
import * as deviceDrawer from "./device_drawer.js";
import { listDevices, playTone } from "./devices.js";
import { choiceOf, choose, joinWords } from "./join_choice.js";
import { OwnMedia } from "./own_media.js";
import { deviceHelp } from "./stage_words.js";

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
  #ended = new AbortController();
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

  async begin() {
    this.#speaker();
    await Promise.all([this.#own.open("audio"), this.#own.open("video")]);
    await this.#devices.refresh();
    await this.#network();
  }

  stop() {
    this.#ended.abort();
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
    this.#badges[name] = result.badge;
    const states = NAMES.map((one) => stateOf(this.#root, one));
    const line = this.#root.querySelector("[data-check-summary]");
    const words = summaryWords(states.filter((_state, index) => NAMES[index] !== "speaker" || states[index] === "problem"));
    if (line && line.textContent !== words) line.textContent = words;
    const outcome = this.#root.querySelector("[data-outcome]");
    if (outcome instanceof HTMLInputElement) outcome.value = outcomeOf(states);
  }

  /** @param {{kind: "audio" | "video", track: MediaStreamTrack | null}} detail */
  #tracked({ kind, track }) {
    if (track) this.#without(kind, false);
    if (kind === "video") return this.#picture(track);
    this.#microphone?.stop();
    const bar = this.#root.querySelector("[data-level]");
    if (!track || !(bar instanceof HTMLElement)) return;
    this.#show("microphone", { state: "waiting", badge: "Testing", words: "Say a few words." });
    this.#microphone = new MicrophoneCheck(bar, track, (heard) => void (heard ? this.#heard() : this.#quiet()));
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
    if (this.#badges.network === REACHED[1]) await this.#network(); // now there is something to send
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
    if (instead) instead.textContent = camera ? "Your picture appears here." : `No picture yet. ${joinWords(camera, microphone)}`;
    const go = this.#root.querySelector("[data-go-words]");
    const now = kinds.size ? `${joinWords(camera, microphone)} ` : "";
    if (go) go.textContent = `${now}You can go on now and change devices in the visit.`;
  }

  #speaker() {
    const play = { words: "Play a sound", onAct: () => void this.#play() };
    this.#show("speaker", { state: "waiting", badge: "Not tested", words: "Play a sound and say whether you hear it.", acts: [play] });
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

  async #network() {
    const retry = { words: "Test again", primary: true, onAct: () => void this.#network() };
    this.#show("network", { state: "waiting", badge: "Testing", words: "Testing the line to the clinic. This takes a few seconds." });
    try {
      const tracks = { audio: this.#own.track("audio"), video: this.#own.track("video") };
      const line = await testLine(this.#root.dataset, tracks, this.#ended.signal);
      const measured = line.uplinkKbps !== null || line.downKbps !== null;
      const [state, badge, words] = measured || line.level === "poor" ? LEVELS[line.level] : REACHED;
      this.#show("network", { state, badge, words, keep: words !== "", acts: state === "problem" ? [retry] : [] });
      const list = this.#root.querySelector("[data-figures]");
      list?.removeAttribute("hidden");
      for (const [name, text] of Object.entries(figures(line))) {
        const at = list?.querySelector(`[data-figure="${name}"]`);
        if (at) at.textContent = text;
        at?.parentElement?.toggleAttribute("hidden", text === null);
      }
    } catch {
      if (this.#ended.signal.aborted) return;
      this.#show("network", {
        state: "problem", badge: "Not reached", acts: [retry],
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
    const camera = button.getAttribute("data-go") === "video" && stateOf(this.#root, "camera") !== "problem";
    choose({ ...this.#inUse(), ...choiceOf(), camera, found: this.#found() });
  }

  /** @returns {import("./join_choice.js").Found} */
  #found() {
    const words = (/** @type {import("./check_view.js").CheckName} */ name) => {
      const state = stateOf(this.#root, name);
      if (state === "good") return "good";
      return state === "problem" ? (this.#badges[name] ?? "").toLowerCase() : "not tested";
    };
    const device = (/** @type {"audio" | "video"} */ kind, /** @type {"microphone" | "camera"} */ name) =>
      this.#own.track(kind) || stateOf(this.#root, name) !== "problem" ? words(name) : null;
    return { microphone: device("audio", "microphone"), camera: device("video", "camera"), speaker: words("speaker"), network: words("network") };
  }
}

const root = document.querySelector(".check-page");
if (root instanceof HTMLElement) {
  const check = new DeviceCheck(root);
  window.addEventListener("pagehide", () => check.stop(), { once: true });
  void check.begin();
}
