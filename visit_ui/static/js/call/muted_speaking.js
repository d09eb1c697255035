// Notices that somebody speaks while muted. Listens only while muted, here in the browser; nothing is sent.

import { LevelMeter } from "../devices/devices.js";

const LOUD = 0.62; // speech; a quiet room is near 0, see LevelMeter
const LOUD_FOR = 12; // measurements, 20 a second: a cough is shorter
const QUIET_AFTER_MS = 20_000;

export class MutedSpeaking {
  #meter = /** @type {LevelMeter | null} */ (null);
  #onLevel;
  #loud = 0;
  #saidAt = 0;

  /** @param {() => void} onSpeaking */
  constructor(onSpeaking) {
    this.#onLevel = (/** @type {Event} */ event) => {
      const level = /** @type {CustomEvent<number>} */ (event).detail;
      this.#loud = level > LOUD ? this.#loud + 1 : 0;
      if (this.#loud < LOUD_FOR || performance.now() - this.#saidAt < QUIET_AFTER_MS) return;
      this.#saidAt = performance.now();
      onSpeaking();
    };
  }

  /** @param {MediaStreamTrack | null} track the microphone while muted, null when not */
  watch(track) {
    this.#meter?.removeEventListener("level", this.#onLevel);
    void this.#meter?.stop();
    this.#meter = null;
    this.#loud = 0;
    this.#saidAt = -QUIET_AFTER_MS;
    if (!track) return;
    this.#meter = new LevelMeter(track);
    this.#meter.addEventListener("level", this.#onLevel);
    void this.#meter.resume();
  }

  stop() {
    this.watch(null);
  }
}
