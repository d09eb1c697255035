// The microphone's part of the device check: the bar, and whether speech reaches it.

import { LevelMeter } from "./devices.js";

const CELLS = 28;
const HEARD_FROM = 11; // cells; where the line under the bar begins
const HEARD_FOR = 6; // measurements, 20 a second
const QUIET_AFTER_MS = 7000;
const SAID_EVERY = 10; // the meter's value for those who listen: twice a second

export class MicrophoneCheck {
  #bar;
  #meter;
  #heard = 0;
  #ticks = 0;
  #quiet = 0;
  #onLevel;

  /**
   * @param {HTMLElement} bar
   * @param {MediaStreamTrack} track
   * @param {(heard: boolean) => void} onResult once with false when nothing is heard for some time, once with true when it is
   */
  constructor(bar, track, onResult) {
    this.#bar = bar;
    this.#meter = new LevelMeter(track);
    this.#onLevel = (/** @type {Event} */ event) => this.#level(/** @type {CustomEvent<number>} */ (event).detail, onResult);
    this.#meter.addEventListener("level", this.#onLevel);
    this.#quiet = window.setTimeout(() => onResult(false), QUIET_AFTER_MS);
    void this.#meter.resume();
  }

  stop() {
    clearTimeout(this.#quiet);
    this.#meter.removeEventListener("level", this.#onLevel);
    void this.#meter.stop();
  }

  /** A browser may hold the meter until the page is touched. */
  resume() {
    void this.#meter.resume();
  }

  /**
   * @param {number} level
   * @param {(heard: boolean) => void} onResult
   */
  #level(level, onResult) {
    const lit = Math.round(level * CELLS);
    [...this.#bar.children].forEach((cell, index) => cell.classList.toggle("on", index < lit));
    if (this.#ticks++ % SAID_EVERY === 0) this.#bar.setAttribute("aria-valuenow", String(lit));
    if (this.#heard >= HEARD_FOR) return;
    this.#heard = lit >= HEARD_FROM ? this.#heard + 1 : this.#heard;
    if (this.#heard < HEARD_FOR) return;
    clearTimeout(this.#quiet);
    onResult(true);
  }
}
