// The call of a page for as long as the page lives: given up when the person is signed out, joined again when they are back.

import * as callStage from "./call_stage.js";
import { SIGNED_IN, SIGNED_OUT } from "../shell/session.js";

class KeptCall {
  #stage;
  /** @type {ReturnType<typeof callStage.start> | null} */
  #call;
  #onOut = () => this.#giveUp();
  #onBack = () => this.#join();

  /** @param {HTMLElement} stage */
  constructor(stage) {
    this.#stage = stage;
    this.#call = callStage.start(stage);
    document.body.addEventListener(SIGNED_OUT, this.#onOut);
    document.body.addEventListener(SIGNED_IN, this.#onBack);
  }

  toggleMute() {
    this.#call?.toggleMute();
  }

  toggleCamera() {
    void this.#call?.toggleCamera();
  }

  /** @param {string} name */
  toggleDrawer(name) {
    this.#call?.toggleDrawer(name);
  }

  stop() {
    document.body.removeEventListener(SIGNED_OUT, this.#onOut);
    document.body.removeEventListener(SIGNED_IN, this.#onBack);
    this.#giveUp();
  }

  #giveUp() {
    this.#call?.stop();
    this.#call = null;
  }

  #join() {
    this.#call ??= callStage.start(this.#stage);
  }
}

/** @param {HTMLElement} stage with the data attributes of `visit/_stage.html` */
export function start(stage) {
  return new KeptCall(stage);
}
