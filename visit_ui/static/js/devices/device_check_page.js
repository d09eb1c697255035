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
import { _ } from "../shell/texts.js";

const NAMES = /** @type {const} */ (["microphone", "camera", "speaker", "network"]);
const LEVELS = /** @type {const} */ ({
  good: ["good", _("Good"), ""],
  fair: ["good", _("Weak"), _("We may lower the video quality now and then to keep the sound clear.")],
  poor: ["problem", _("Very weak"), _("Video and sound may cut out. Move closer to your router, or join with sound only.")],
});

const REACHED = /** @type {const} */ (
  ["good", _("Connected"), _("We can reach the clinic. To test how strong your connection is, we need a microphone or a camera.")]);

class DeviceCheck {
  #root;
  #own = new OwnMedia({ tried: true });
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
    this.#show("microphone", { state: "waiting", badge: _("Testing"), words: _("Say a few words.") });
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
    this.#show(device, { state: "problem", badge: _("Stopped"), words, acts: [{ words: act, primary: true, onAct: () => void this.#again(kind) }] });
    this.#without(kind, true);
    if (kind === "video") this.#picture(null);
  }

  #heard() {
    this.#show("microphone", { state: "good", badge: _("Works"), words: _("We can hear you.") });
  }

  /** Another microphone is offered by its name when there is one. */
  async #quiet() {
    const now = this.#own.track("audio")?.getSettings().deviceId;
    const other = (await listDevices()).audioinput.find((one) => one.id !== now && one.id !== "default");
    const again = { words: _("Test again"), onAct: () => void this.#own.open("audio") };
    const change = { words: _("Use %(device)s", { device: other?.label ?? "" }), primary: true, onAct: () => void this.#own.open("audio", other?.id) };
    this.#show("microphone", {
      state: "problem",
      badge: _("Too quiet"),
      words: other
        ? _("We can hardly hear you. Your headset may be muted: look for a switch on its cable. Or use another microphone.")
        : _("We can hardly hear you. Your headset may be muted: look for a switch on its cable."),
      acts: other ? [change, again] : [again],
    });
  }

  /** @param {MediaStreamTrack | null} track */
  #picture(track) {
    const video = this.#root.querySelector("[data-preview]");
    if (video instanceof HTMLVideoElement) video.srcObject = this.#own.stream;
    this.#root.querySelector("[data-preview-instead]")?.toggleAttribute("hidden", track !== null);
    if (track) this.#show("camera", { state: "good", badge: _("Works"), words: _("We can see you.") });
  }

  /** @param {{kind: "audio" | "video", why: import("./devices.js").DeviceTrouble}} detail */
  #trouble({ kind, why }) {
    const device = kind === "audio" ? "microphone" : "camera";
    const help = deviceHelp(why, device, navigator.userAgent);
    this.#show(device, {
      state: "problem",
      badge: why === "denied" ? _("Not allowed") : _("Not working"),
      words: `${help.title}. ${help.words}`,
      steps: help.steps,
      acts: [{ words: _("Try again"), primary: true, onAct: () => void this.#again(kind) }],
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
      state: "problem", badge: _("No answer yet"), acts: [this.#retry],
      words: _("The clinic's video server has not answered yet. We'll keep trying. Another network may help: mobile data instead of Wi-Fi, or turning off your VPN."),
    });
    if (name === "speaker") return;
    const kind = name === "microphone" ? "audio" : "video";
    if (kind === "audio" && this.#own.track(kind)) return void this.#quiet();
    this.#show(name, {
      state: "problem", badge: _("Not answered"),
      words: kind === "audio"
        ? _("Your browser is asking if this page can use the microphone. Look for the question at the top of the window and allow it. If you don't see one, try again.")
        : _("Your browser is asking if this page can use the camera. Look for the question at the top of the window and allow it. If you don't see one, try again."),
      acts: [{ words: _("Try again"), onAct: () => void this.#again(kind) }],
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
    if (instead) instead.textContent = camera ? _("You will see yourself here.") : [_("No picture yet."), joinWords(camera, microphone)].join(" ");
    const go = this.#root.querySelector("[data-go-words]");
    const now = kinds.size ? `${joinWords(camera, microphone)} ` : "";
    if (go) go.textContent = now + _("You can go on now and change these during the visit.");
  }

  #speaker() {
    const play = { words: _("Play a sound"), onAct: () => void this.#play() };
    this.#show("speaker", { state: "waiting", badge: _("Not tested"), words: _("Play a sound and tell us if you hear it."), acts: [play] });
  }

  async #play() {
    await playTone(choiceOf()?.audiooutput).done.catch(() => {}); // the answer below says what the person heard
    const again = { words: _("Play it again"), onAct: () => void this.#play() };
    const yes = { words: _("Yes, I hear it"), onAct: () => this.#show("speaker", { state: "good", badge: _("Works"), words: _("You can hear us.") }) };
    const no = { words: _("No"), onAct: () => this.#show("speaker", {
      state: "problem", badge: _("Not heard"), words: _("Turn up the volume, and check whether headphones are plugged in."), acts: [again],
    }) };
    this.#show("speaker", { state: "waiting", badge: _("Your turn"), words: _("Did you hear two soft notes?"), acts: [yes, no, again] });
  }

  #retry = { words: _("Test again"), primary: true, onAct: () => void this.#network() };

  async #network() {
    this.#testing.abort();
    const lack = lackOf();
    if (lack) return this.#show("network", { state: "problem", badge: _("Not in this browser"), words: `${lackWords(lack).title}. ${lackWords(lack).words}` });
    const { signal } = this.#testing = new AbortController();
    this.#show("network", { state: "waiting", badge: _("Testing"), words: _("Testing your connection to the clinic. This takes a few seconds.") });
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
        state: "problem", badge: _("Not connected"), acts: [this.#retry],
        words: _("We can't reach the clinic's video server from here. Another network may help: mobile data instead of Wi-Fi, or turning off your VPN."),
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
      return state === "problem" ? (this.#badges[name] ?? "").toLowerCase() : _("not tested");
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
