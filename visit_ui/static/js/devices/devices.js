// Cameras, microphones, speakers: opening, listing, a level meter and a test tone. Errors say what a person can do about them.

import { lackOf } from "../call/browser_lacks.js";
import { _ } from "../shell/texts.js";

const VIDEO = {
  width: { ideal: 1280, max: 1280 },
  height: { ideal: 720, max: 720 },
  frameRate: { ideal: 30, max: 30 },
};
const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const METER_MS = 50;

/** @typedef {"denied" | "missing" | "busy" | "insecure" | "unsupported"} DeviceTrouble */
/** @typedef {"audioinput" | "videoinput" | "audiooutput"} DeviceKind */
/** @typedef {{id: string, label: string}} Device */

/** `kind`: denied (by the person or the system), missing (no such device), busy (another program has it), insecure (the address is not https), unsupported. */
export class DeviceError extends Error {
  /**
   * @param {DeviceTrouble} kind
   * @param {unknown} cause
   */
  constructor(kind, cause) {
    super(kind, { cause });
    this.name = "DeviceError";
    this.kind = kind;
  }
}

/**
 * @param {unknown} error what getUserMedia threw
 * @returns {DeviceTrouble}
 */
export function troubleOf(error) {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  return name === "NotReadableError" || name === "AbortError" ? "busy" : "unsupported";
}

/**
 * Opens one device; a device id that is gone falls back to the browser's choice. The picture is at most 720p.
 * @param {"audio" | "video"} kind
 * @param {string} [deviceId]
 * @returns {Promise<MediaStreamTrack>} rejected with DeviceError; stop the track when it is not needed any more
 */
export async function openDevice(kind, deviceId) {
  const media = navigator.mediaDevices;
  if (!media?.getUserMedia) throw new DeviceError(lackOf() === "insecure" ? "insecure" : "unsupported", new Error("no getUserMedia"));
  const base = kind === "audio" ? AUDIO : VIDEO;
  const wanted = deviceId ? { ...base, deviceId: { exact: deviceId } } : base;
  try {
    const stream = await media.getUserMedia({ [kind]: wanted });
    const track = stream.getTracks()[0];
    if (!track) throw new DOMException("no track", "NotFoundError");
    if (kind === "video") track.contentHint = "motion";
    return track;
  } catch (error) {
    if (deviceId && troubleOf(error) === "missing") return openDevice(kind);
    throw new DeviceError(troubleOf(error), error);
  }
}

/**
 * Labels are empty until a device was opened once in this page.
 * @returns {Promise<Record<DeviceKind, Device[]>>}
 */
export async function listDevices() {
  const found = /** @type {Record<DeviceKind, Device[]>} */ ({ audioinput: [], videoinput: [], audiooutput: [] });
  for (const info of (await navigator.mediaDevices?.enumerateDevices()) ?? []) {
    if (info.deviceId) found[info.kind].push({ id: info.deviceId, label: info.label || _("Device %(number)s", { number: found[info.kind].length + 1 }) });
  }
  return found;
}

/**
 * Kinds of which there is a device that the browser does not name, because this page may not use it.
 * @returns {Promise<ReadonlySet<DeviceKind>>}
 */
export async function notAllowed() {
  const found = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return new Set(found.filter((info) => !info.deviceId).map((info) => info.kind));
}

/**
 * Calls `act` when something is plugged in or out.
 * @param {() => void} act
 * @returns {() => void} stops it
 */
export function watchDevices(act) {
  navigator.mediaDevices?.addEventListener("devicechange", act);
  return () => navigator.mediaDevices?.removeEventListener("devicechange", act);
}

/** True where the page can choose the speaker. */
export function canChooseSpeaker() {
  return "setSinkId" in HTMLMediaElement.prototype;
}

/** How loud a microphone is. Event `level`, detail 0 (silence) to 1, about 20 times a second. */
export class LevelMeter extends EventTarget {
  #context;
  #source;
  #analyzer;
  #samples;
  #timer;
  #track;

  /** @param {MediaStreamTrack} track */
  constructor(track) {
    super();
    this.#track = track.clone(); // muting in the call must not silence the meter
    this.#track.enabled = true;
    this.#context = new AudioContext();
    this.#source = this.#context.createMediaStreamSource(new MediaStream([this.#track]));
    this.#analyzer = this.#context.createAnalyser();
    this.#analyzer.fftSize = 1024;
    this.#samples = new Float32Array(this.#analyzer.fftSize);
    this.#source.connect(this.#analyzer);
    this.#timer = window.setInterval(() => this.#measure(), METER_MS);
  }

  /** Browsers begin an AudioContext only after a touch of the page; call this from one. */
  resume() {
    return this.#context.resume();
  }

  async stop() {
    clearInterval(this.#timer);
    this.#source.disconnect();
    this.#track.stop();
    if (this.#context.state !== "closed") await this.#context.close();
  }

  #measure() {
    this.#analyzer.getFloatTimeDomainData(this.#samples);
    const power = this.#samples.reduce((sum, sample) => sum + sample * sample, 0) / this.#samples.length;
    const decibels = 10 * Math.log10(power + 1e-10); // about -60 in a quiet room, -20 for speech
    const level = Math.min(1, Math.max(0, (decibels + 60) / 50));
    this.dispatchEvent(new CustomEvent("level", { detail: level }));
  }
}

/**
 * Plays two soft notes on a speaker.
 * @param {string} [speaker] device id
 * @returns {{done: Promise<void>, stop: () => void}}
 */
export function playTone(speaker) {
  const context = new AudioContext();
  const output = context.createMediaStreamDestination();
  const element = new Audio();
  element.srcObject = output.stream;
  let ended = () => {};
  const finished = new Promise((resolve) => { ended = () => resolve(undefined); });
  const stop = () => {
    ended();
    element.srcObject = null;
    if (context.state !== "closed") void context.close();
  };
  const play = async () => {
    if (speaker && canChooseSpeaker()) await element.setSinkId(speaker);
    await element.play();
    notes(context, output).addEventListener("ended", ended, { once: true });
    await finished;
  };
  return { done: play().finally(stop), stop };
}

/**
 * @param {AudioContext} context
 * @param {AudioNode} output
 * @returns {OscillatorNode} the last note
 */
function notes(context, output) {
  const [first, last] = [[440, 0], [660, 0.35]].map(([frequency = 0, from = 0]) => {
    const start = context.currentTime + 0.05 + from;
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.linearRampToValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(0.25, start + 0.03);
    gain.gain.linearRampToValueAtTime(0, start + 0.5);
    const note = new OscillatorNode(context, { frequency });
    note.connect(gain).connect(output);
    note.start(start);
    note.stop(start + 0.55);
    return note;
  });
  return /** @type {OscillatorNode} */ (last ?? first);
}
