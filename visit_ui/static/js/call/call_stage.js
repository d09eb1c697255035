// A call on a page: joins at once, sends what the person's devices give, shows the others, says in words what happens.

import { lackOf, lackWords } from "./browser_lacks.js";
import { Call } from "./call.js";
import * as notices from "./call_notices.js";
import * as deviceDrawer from "../devices/device_drawer.js";
import { Drawers } from "../shell/drawers.js";
import { iceServersOf } from "./ice_servers.js";
import { choiceOf, choose } from "./join_choice.js";
import { MutedSpeaking } from "./muted_speaking.js";
import { OwnMedia } from "./own_media.js";
import { QualityMeter } from "./quality.js";
import { DOUBT, isSignedIn, signInUrl } from "../shell/session.js";
import { StageView } from "./stage_view.js";
import { closedWords, comings, ENDED, losses, NOT_RECORDED, TAKEN_OUT } from "./stage_words.js";
import { lossChanged, missingIn, shortNames, Tiles } from "./tiles.js";

const UNREACHABLE_AFTER_MS = 15_000;
const RELOADED = "titrate-call-reloaded"; // a ticket that is refused twice in a row is not cured by a third page
const LINES = /** @type {const} */ ({ good: "good", fair: "weak", poor: "very_weak" });

/** @typedef {import("./call.js").Other} Other */
/** @typedef {import("./own_media.js").Kind} Kind */

class CallStage {
  #stage;
  #view;
  #tiles;
  #drawers;
  #call;
  #quality;
  #speaking;
  #devices;
  #own = new OwnMedia();
  #others = /** @type {Other[] | null} */ (null);
  #limited = false;
  #saidUnreachable = false;
  #wasIn = false;
  #hasMicrophone = true; // until the browser says no: its question may still be open
  #unreachable = 0;
  #stops = /** @type {(() => void)[]} */ ([]);

  /** @param {HTMLElement} stage */
  constructor(stage) {
    this.#stage = stage;
    this.#view = new StageView(stage);
    this.#view.begin();
    this.#tiles = new Tiles(stage, () => notices.askForTouch(this.#view, () => void this.#tiles.play()));
    this.#drawers = new Drawers(stage, (open) => { if (open === "devices") void this.#devices.refresh(); });
    this.#devices = deviceDrawer.start(stage, () => this.#inUse(), (kind, id) => void this.#choose(kind, id));
    this.#speaking = new MutedSpeaking(() => notices.muted(this.#view, shortNames(this.#others ?? []), () => this.toggleMute()));
    const { socketUrl: url = "", room = "", ticket = "", participant = "" } = stage.dataset;
    this.#call = new Call({ url, room, ticket, participant, iceServers: iceServersOf(stage.dataset) });
    this.#quality = new QualityMeter(() => this.#call.connection);
    this.#wire();
    if (choiceOf()?.camera === false) this.#view.cameraOff(true);
    if (choiceOf()?.camera === false && this.#pictures) void this.#call.send("video", null, "off");
    const lack = lackOf();
    if (lack) {
      this.#unable(lack);
      return;
    }
    this.#call.start(); // before the devices: a question of the browser must not keep anybody waiting
    void this.#own.begin(this.#pictures);
  }

  /** The visit is held with pictures; else nobody is asked for a camera. */
  get #pictures() {
    return this.#stage.dataset.sound !== "only";
  }

  /** @param {import("./browser_lacks.js").Lack} lack nothing is tried that this browser cannot do */
  #unable(lack) {
    this.#view.line("unable");
    this.#view.over(false);
    this.#view.instead(lackWords(lack));
  }

  #wire() {
    this.#on(this.#call, "state", (state) => this.#state(state));
    this.#on(this.#call, "people", (people) => this.#people(people));
    this.#on(this.#call, "network", (network) => { this.#limited = network.limited; });
    this.#on(this.#call, "delayed", (why) => this.#delayed(why));
    this.#on(this.#call, "closed", (why) => this.#closed(why));
    this.#on(this.#quality, "quality", ({ level, rttMs }) => {
      if (this.#call.state === "connected") this.#view.line(LINES[/** @type {"good"} */ (level)], { rttMs, limited: this.#limited });
    });
    this.#on(this.#own, "track", (sent) => this.#tracked(sent));
    this.#on(this.#own, "trouble", ({ kind, why }) => this.#deviceTrouble(kind, why));
    this.#on(this.#stage, "click", (_detail, event) => this.#click(event));
    this.#on(document, "htmx:after:swap", () => { if (this.#others) this.#tiles.show(this.#others); }); // names may be new
  }

  stop() {
    clearTimeout(this.#unreachable);
    for (const stop of this.#stops.splice(0)) stop();
    for (const part of [this.#quality, this.#speaking, this.#devices, this.#drawers, this.#view, this.#tiles, this.#own]) part.stop();
    this.#call.stop();
  }

  toggleMute() {
    if (!this.#hasMicrophone) return void this.#own.open("audio");
    const muted = !this.#call.muted;
    this.#call.mute(muted);
    this.#view.muted(muted, true);
    this.#view.notice(null);
    this.#speaking.watch(muted ? this.#own.track("audio") : null);
  }

  async toggleCamera() {
    if (!this.#pictures) return;
    if (this.#own.track("video")) return this.#own.cameraOff();
    await this.#own.open("video");
  }

  /** @param {string} name */
  toggleDrawer(name) {
    this.#drawers.toggle(name);
  }

  /**
   * @param {EventTarget} target
   * @param {string} name
   * @param {(detail: any, event: Event) => void} act
   */
  #on(target, name, act) {
    const listener = (/** @type {Event} */ event) => act(/** @type {CustomEvent} */ (event).detail, event);
    target.addEventListener(name, listener);
    this.#stops.push(() => target.removeEventListener(name, listener));
  }

  /** @param {Event} event */
  #click(event) {
    const at = event.target instanceof Element ? event.target : null;
    const act = at?.closest("[data-act]")?.getAttribute("data-act");
    if (act === "mute") this.toggleMute();
    if (act === "camera") void this.toggleCamera();
    if (at?.closest("[data-leave]")) this.#call.leave();
  }

  // What the call says

  /** @param {import("./call.js").CallState} state */
  #state(state) {
    clearTimeout(this.#unreachable);
    this.#tiles.doubt(state === "rejoining");
    const line = state === "rejoining" && !this.#wasIn ? "connecting" : state;
    this.#view.line(line === "connected" ? "good" : line, { limited: this.#limited });
    if (state === "connected") {
      this.#wasIn = true;
      sessionStorage.removeItem(RELOADED);
      if (this.#saidUnreachable) this.#view.notice(null);
      this.#saidUnreachable = false;
    }
    if (state === "rejoining") document.body.dispatchEvent(new CustomEvent(DOUBT)); // a refused line does not say why
    if (state === "connecting" || state === "rejoining") {
      this.#unreachable = window.setTimeout(() => this.#giveUp(), UNREACHABLE_AFTER_MS);
    }
  }

  /** @param {{code: number, message: string}} why */
  #delayed({ code, message }) {
    if (code !== NOT_RECORDED) return;
    this.#saidUnreachable = true;
    notices.delayed(this.#view, message);
  }

  /** Not for good: the call keeps trying by itself. */
  #giveUp() {
    document.body.dispatchEvent(new CustomEvent(DOUBT));
    if (this.#saidUnreachable) return;
    this.#saidUnreachable = true;
    notices.unreachable(this.#view);
  }

  /** @param {Other[]} others */
  #people(others) {
    const before = this.#others;
    this.#others = others;
    this.#tiles.show(others);
    if (!before) return; // who was here already is no news
    const went = shortNames(missingIn(others, before));
    const said = [comings(shortNames(missingIn(before, others)), went)];
    for (const kind of /** @type {const} */ (["audio", "video"])) {
      const { lost, back } = lossChanged(kind, before, others);
      said.push(losses(kind, shortNames(lost), shortNames(back)));
    }
    this.#view.news(said.filter(Boolean).join(" "), others.length ? "" : went.join(" and "));
  }

  /** @param {{code: number, message: string}} why */
  #closed({ code, message }) {
    if (code === ENDED.left) return;
    if (code === ENDED.visitEnded) return location.assign(location.pathname);
    if (code === ENDED.ticket && !sessionStorage.getItem(RELOADED)) {
      sessionStorage.setItem(RELOADED, "yes");
      return location.reload();
    }
    this.#tiles.show([]);
    this.#own.stop();
    this.#speaking.stop();
    void this.#sayClosed(code, message);
  }

  /**
   * Who is signed out is covered (session.js), and rejoins when they are back (kept_call.js).
   * @param {number} code
   * @param {string} message
   */
  async #sayClosed(code, message) {
    this.#view.line(code === ENDED.replaced ? "elsewhere" : "out"); // the call itself goes on
    if (code === ENDED.signedOut) document.body.dispatchEvent(new CustomEvent(DOUBT));
    const takenOut = code === ENDED.notAllowed && await isSignedIn();
    this.#view.over(takenOut);
    const again = () => code === ENDED.signedOut ? location.assign(signInUrl()) : location.reload();
    if (!takenOut) return this.#view.instead({ ...closedWords(code, message), onAct: again });
    document.getElementById("people")?.remove(); // it would be refused, and say so
    document.getElementById("toasts")?.replaceChildren();
    this.#view.instead(TAKEN_OUT);
  }

  // The person's own devices

  /** @param {import("./own_media.js").Sent} sent */
  #tracked({ kind, track, lost }) {
    const lack = lost ? "lost" : null;
    const sent = kind === "audio" ? this.#call.send(kind, track, lack) : this.#call.send(kind, track, track ? lack : lack ?? "off");
    void sent.catch(() => {}); // a connection just dropped; the next one sends it
    if (!lost) this.#view.standing(kind, null);
    else notices.lost(this.#view, kind, track !== null, () => void this.#own.open(kind));
    if (kind === "audio") {
      if (lost && this.#call.muted) this.#view.notice(null); // "You are muted" is not why nobody hears them
      this.#microphone(track !== null && !lost);
      return this.#speaking.watch(this.#call.muted ? track : null);
    }
    this.#view.self(this.#own.stream);
    this.#view.cameraOff(track === null);
  }

  /** @param {boolean} has */
  #microphone(has) {
    this.#hasMicrophone = has;
    this.#view.muted(this.#call.muted, has);
  }

  /**
   * @param {Kind} kind
   * @param {import("./own_media.js").DeviceTrouble} why
   */
  #deviceTrouble(kind, why) {
    const track = this.#own.track(kind);
    if (kind === "video") this.#view.cameraOff(track === null);
    else this.#microphone(track !== null);
    if (!track) void this.#call.send(kind, null, "none");
    notices.deviceTrouble(this.#view, kind, why, { without: track === null, again: () => void this.#own.open(kind) });
  }

  #inUse() {
    const id = (/** @type {Kind} */ kind) => this.#own.track(kind)?.getSettings().deviceId ?? "";
    return { audioinput: id("audio"), videoinput: id("video"), audiooutput: choiceOf()?.audiooutput ?? "" };
  }

  /**
   * @param {import("../devices/devices.js").DeviceKind} kind
   * @param {string} id
   */
  async #choose(kind, id) {
    if (kind === "audioinput") await this.#own.open("audio", id);
    if (kind === "videoinput") await this.#own.open("video", id);
    if (kind !== "audiooutput") return;
    choose({ camera: this.#own.track("video") !== null, ...choiceOf(), audiooutput: id });
    await this.#tiles.playOn(id);
  }
}

/**
 * @param {HTMLElement} stage with the data attributes of `visit/_stage.html`
 */
export function start(stage) {
  return new CallStage(stage);
}
