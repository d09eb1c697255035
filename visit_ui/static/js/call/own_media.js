// The camera and the microphone of this person: opened, switched, given back. The call sends what is here.

import { choiceOf, choose } from "./join_choice.js";
import { DeviceError, openDevice } from "../devices/devices.js";

/** @typedef {"audio" | "video"} Kind */
/** @typedef {import("../devices/devices.js").DeviceTrouble} DeviceTrouble */

/** @typedef {{kind: Kind, track: MediaStreamTrack | null, lost: boolean}} Sent */

/**
 * Events, each a CustomEvent:
 * `track` (Sent: send this from now on; null: nothing. `lost`: nobody chose that: the device ended, or something outside
 * the page keeps its track silent) · `trouble` ({kind, why}: could not be opened).
 */
export class OwnMedia extends EventTarget {
  #tracks = /** @type {Record<Kind, MediaStreamTrack | null>} */ ({ audio: null, video: null });
  #choice = choiceOf() ?? { camera: true };
  #unwatch = /** @type {Partial<Record<Kind, () => void>>} */ ({});
  #stopped = false;
  #tried;

  /** @param {{tried?: boolean}} [how] tried: devices are only looked at, so a camera that opens is not chosen for the call */
  constructor({ tried = false } = {}) {
    super();
    this.#tried = tried;
  }

  /**
   * Opens the microphone, and the camera unless the person chose sound only. One that fails does not stop the other.
   * @param {boolean} [pictures] false: the visit has none, so nobody is asked for a camera
   */
  async begin(pictures = true) {
    await Promise.all([this.open("audio"), pictures && this.#choice.camera ? this.open("video") : null]);
  }

  /** @param {Kind} kind */
  track(kind) {
    return this.#tracks[kind];
  }

  get stream() {
    return this.#tracks.video ? new MediaStream([this.#tracks.video]) : null;
  }

  /**
   * @param {Kind} kind
   * @param {string} [deviceId] another device than the one chosen before
   * @returns {Promise<boolean>} whether it works now
   */
  async open(kind, deviceId) {
    if (this.#stopped) return false;
    const input = kind === "audio" ? "audioinput" : "videoinput";
    try {
      const track = await openDevice(kind, deviceId ?? this.#choice[input]);
      if (this.#stopped) { // the call ended while the browser asked
        track.stop();
        return false;
      }
      if (deviceId) this.#remember({ [input]: deviceId });
      if (kind === "video" && !this.#tried) this.#remember({ camera: true });
      this.#replace(kind, track);
      return true;
    } catch (error) {
      const why = error instanceof DeviceError ? error.kind : "unsupported";
      this.dispatchEvent(new CustomEvent("trouble", { detail: { kind, why } }));
      return false;
    }
  }

  /** The camera's light goes out; a reload joins without it too. */
  cameraOff() {
    this.#remember({ camera: false });
    this.#replace("video", null);
  }

  /** Gives both back for good: the lights go out. */
  stop() {
    this.#stopped = true;
    for (const unwatch of Object.values(this.#unwatch)) unwatch();
    for (const track of Object.values(this.#tracks)) track?.stop();
    this.#tracks = { audio: null, video: null };
  }

  /** @param {Partial<import("./join_choice.js").JoinChoice>} part */
  #remember(part) {
    this.#choice = { ...this.#choice, ...choiceOf(), ...part };
    choose(this.#choice);
  }

  /**
   * @param {Kind} kind
   * @param {MediaStreamTrack | null} track
   * @param {boolean} [lost]
   */
  #replace(kind, track, lost = track?.muted ?? false) {
    this.#unwatch[kind]?.();
    delete this.#unwatch[kind];
    this.#tracks[kind]?.stop();
    this.#tracks[kind] = track;
    if (track) this.#unwatch[kind] = this.#watch(kind, track);
    this.#tell({ kind, track, lost });
  }

  /**
   * @param {Kind} kind
   * @param {MediaStreamTrack} track
   * @returns {() => void} stops it
   */
  #watch(kind, track) {
    const watching = new AbortController();
    const on = (/** @type {string} */ name, /** @type {() => void} */ act) =>
      track.addEventListener(name, act, { signal: watching.signal });
    on("ended", () => this.#replace(kind, null, true)); // unplugged, or taken away in the browser's own menu
    on("mute", () => this.#tell({ kind, track, lost: true })); // a switch on the device, the system, another call
    on("unmute", () => this.#tell({ kind, track, lost: false }));
    return () => watching.abort();
  }

  /** @param {Sent} sent */
  #tell(sent) {
    this.dispatchEvent(new CustomEvent("track", { detail: sent }));
  }
}
