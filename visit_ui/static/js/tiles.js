// The pictures of the others. A tile says in words what it has instead of a picture; nothing is ever laid over a face.

import { tileWords } from "./stage_words.js";

/** @typedef {{participant: string, audio: boolean, video: boolean, away: boolean, stream: MediaStream | null}} Other */
/** @typedef {{name: string, short: string, initials: string}} Named */

/**
 * Names live in the people fragment, which the server renders under this viewer's own right; the call carries ids only.
 * @param {Document | Element} root
 * @param {string} participant
 * @returns {Named}
 */
export function nameOf(root, participant) {
  const line = root.querySelector(`[data-person="${CSS.escape(participant)}"]`);
  const data = line instanceof HTMLElement ? line.dataset : {};
  return { name: data.name ?? "Someone", short: data.short ?? data.name ?? "Someone", initials: data.initials ?? "" };
}

/** @param {readonly Other[]} some */
export function shortNames(some) {
  return some.map((one) => nameOf(document, one.participant).short);
}

/**
 * Those of `some` who are not in `list`. Pure.
 * @param {readonly Other[]} list
 * @param {readonly Other[]} some
 */
export function missingIn(list, some) {
  return some.filter((one) => !list.some((other) => other.participant === one.participant));
}

/**
 * @param {Other} other
 * @returns {"picture" | "off" | "away" | "joining"}
 */
export function stateOf(other) {
  if (other.away) return "away";
  if (!other.stream) return "joining";
  return other.video ? "picture" : "off";
}

class Tile {
  #video;
  #onSize;

  /** @param {DocumentFragment} copy */
  constructor(copy) {
    this.element = /** @type {HTMLElement} */ (copy.querySelector(".tile"));
    this.#video = /** @type {HTMLVideoElement} */ (this.element.querySelector("video"));
    // A phone held upright sends a tall picture: shown whole, or its face would be cut.
    this.#onSize = () => {
      this.element.dataset.fit = this.#video.videoHeight > this.#video.videoWidth ? "contain" : "cover";
    };
    this.#video.addEventListener("resize", this.#onSize);
  }

  /**
   * @param {Other} other
   * @param {Named} named
   * @param {() => void} onBlocked
   */
  show(other, named, onBlocked) {
    const state = stateOf(other);
    this.element.dataset.state = state;
    this.element.dataset.participant = other.participant;
    this.element.classList.toggle("is-muted", !other.audio && state !== "joining" && state !== "away");
    if (this.#video.srcObject !== other.stream) {
      this.#video.srcObject = other.stream;
      if (other.stream) {
        this.#video.play().catch((error) => {
          if (error instanceof DOMException && error.name === "NotAllowedError") onBlocked();
        });
      }
    }
    this.#text(".tile-initials", named.initials);
    this.#text("[data-name]", named.name);
    this.#text(".tile-words", state === "picture" ? "" : tileWords(named.short, state));
    this.element.querySelector(".tile-muted")?.toggleAttribute("hidden", other.audio);
    this.#video.setAttribute("aria-label", `Picture of ${named.name}`);
  }

  /** @param {string} sink device id of a speaker */
  async playOn(sink) {
    if ("setSinkId" in this.#video) await this.#video.setSinkId(sink);
  }

  play() {
    return this.#video.play();
  }

  stop() {
    this.#video.removeEventListener("resize", this.#onSize);
    this.#video.srcObject = null;
    this.element.remove();
  }

  /**
   * @param {string} selector
   * @param {string} words
   */
  #text(selector, words) {
    const at = this.element.querySelector(selector);
    if (at) at.textContent = words;
  }
}

export class Tiles {
  #box;
  #template;
  #nobody;
  #sink = "";
  #onBlocked;
  #tiles = /** @type {Map<string, Tile>} */ (new Map());

  /**
   * @param {Element} stage
   * @param {() => void} onBlocked the browser wants a touch before it plays sound
   */
  constructor(stage, onBlocked) {
    this.#onBlocked = onBlocked;
    this.#box = /** @type {HTMLElement} */ (stage.querySelector("[data-tiles]"));
    this.#template = /** @type {HTMLTemplateElement} */ (stage.querySelector("#tile-template"));
    this.#nobody = this.#box.querySelector("[data-nobody]");
  }

  /** @param {readonly Other[]} others everybody but this page's own person, in order of arrival */
  show(others) {
    for (const [participant, tile] of this.#tiles) {
      if (others.some((other) => other.participant === participant)) continue;
      tile.stop();
      this.#tiles.delete(participant);
    }
    for (const other of others) this.#tile(other.participant).show(other, nameOf(document, other.participant), this.#onBlocked);
    this.#box.dataset.count = String(Math.max(1, others.length));
    this.#nobody?.toggleAttribute("hidden", others.length > 0);
  }

  /** @param {string} sink */
  async playOn(sink) {
    this.#sink = sink;
    await Promise.all([...this.#tiles.values()].map((tile) => tile.playOn(sink)));
  }

  async play() {
    await Promise.allSettled([...this.#tiles.values()].map((tile) => tile.play()));
  }

  stop() {
    for (const tile of this.#tiles.values()) tile.stop();
    this.#tiles.clear();
  }

  /** @param {string} participant */
  #tile(participant) {
    const known = this.#tiles.get(participant);
    if (known) return known;
    const tile = new Tile(/** @type {DocumentFragment} */ (this.#template.content.cloneNode(true)));
    this.#tiles.set(participant, tile);
    this.#box.append(tile.element);
    if (this.#sink) void tile.playOn(this.#sink).catch(() => {}); // the speaker was unplugged: the browser's own is used
    return tile;
  }
}
