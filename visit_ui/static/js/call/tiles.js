// The pictures of the others. A tile says in words what it has instead of a picture; nothing is ever laid over a face.

import { silenceWords, tileWords } from "./stage_words.js";
import { _ } from "../shell/texts.js";

const LOOK_EVERY_MS = 1_000;
const STOPPED_AFTER = 3; // looks without a new frame; a picture on a weak line may well rest for a second
const FRAMES_TOLD = "requestVideoFrameCallback" in HTMLVideoElement.prototype; // else they are counted at each look
const ORDER = ["patient", "prescriber"]; // then everybody else, whoever came first

/** @typedef {import("./call.js").Other} Other */
/** @typedef {{name: string, short: string, initials: string}} Named */

/** People who left are named once more, and the fragment may have let go of them first. */
const names = /** @type {Map<string, Named>} */ (new Map());

/**
 * Names live in the people fragment, which the server renders under this viewer's own right; the call carries ids only.
 * @param {Document | Element} root
 * @param {string} participant
 * @returns {Named}
 */
export function nameOf(root, participant) {
  const line = root.querySelector(`[data-person="${CSS.escape(participant)}"]`);
  if (line instanceof HTMLElement && line.dataset.name) {
    const { name, short = name, initials = "" } = line.dataset;
    names.set(participant, { name, short, initials });
  }
  return names.get(participant) ?? { name: _("Someone"), short: _("Someone"), initials: "" };
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
 * Whose microphone or camera failed since, and who of those can be heard or seen again. Pure.
 * @param {"audio" | "video"} kind
 * @param {readonly Other[]} before
 * @param {readonly Other[]} now
 */
export function lossChanged(kind, before, now) {
  const why = kind === "audio" ? "unheard" : "unseen";
  const lost = (/** @type {readonly Other[]} */ all) => all.filter((one) => one[why] === "lost");
  const back = now.filter((one) => one[kind] && missingIn(lost(before), [one]).length === 0);
  return { lost: missingIn(lost(before), lost(now)), back };
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

/** @param {string} part */
function rankOf(part) {
  return ORDER.includes(part) ? ORDER.indexOf(part) : ORDER.length;
}

class Tile {
  #video;
  #onSize;
  #state = /** @type {ReturnType<typeof stateOf>} */ ("joining");
  #short = "";
  #unseen = /** @type {Other["unseen"]} */ (null);
  #quiet = 0; // looks since the last frame
  #stopped = false;
  #seen = false; // a frame of this stream
  #frame = 0; // the request for the next one
  #counted = 0;

  /**
   * @param {DocumentFragment} copy
   * @param {number} rank
   */
  constructor(copy, rank) {
    this.element = /** @type {HTMLElement} */ (copy.querySelector(".tile"));
    this.element.dataset.rank = String(rank);
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
    if (state !== this.#state) this.#moves();
    this.#state = state;
    this.#short = named.short;
    this.#unseen = other.unseen;
    this.element.dataset.state = state;
    this.element.dataset.participant = other.participant;
    const failed = other.unheard === "lost" || other.unheard === "none";
    this.element.classList.toggle("is-muted", !other.audio && state !== "away" && (failed || state !== "joining"));
    if (this.#video.srcObject !== other.stream) {
      this.#video.srcObject = other.stream;
      this.#seen = false;
      this.#awaitFrame();
      if (other.stream) {
        this.#video.play().catch((error) => {
          if (error instanceof DOMException && error.name === "NotAllowedError") onBlocked();
        });
      }
    }
    this.#text(".tile-initials", named.initials);
    this.#text("[data-name]", named.name);
    this.#say();
    this.element.querySelector(".tile-muted")?.toggleAttribute("hidden", other.audio);
    this.#text("[data-silence]", silenceWords(named.short, other.unheard));
    this.#video.setAttribute("aria-label", _("Video of %(name)s", { name: named.name }));
  }

  /** @param {number} stoppedAfter looks without a frame after which the picture counts as stopped */
  look(stoppedAfter) {
    if (this.#state !== "picture") return;
    if (!FRAMES_TOLD) this.#count();
    this.#stopped = this.#quiet >= stoppedAfter;
    this.#quiet += 1;
    this.#say();
    this.#awaitFrame();
  }

  /** One frame between two looks is enough to know. */
  #awaitFrame() {
    if (!FRAMES_TOLD) return;
    this.#video.cancelVideoFrameCallback(this.#frame);
    this.#frame = this.#video.requestVideoFrameCallback(() => this.#frameCame());
  }

  #count() {
    const shown = this.#video.getVideoPlaybackQuality().totalVideoFrames;
    if (shown !== this.#counted) this.#frameCame();
    this.#counted = shown;
  }

  #frameCame() {
    this.#seen = true;
    this.#moves();
    this.#say();
  }

  #moves() {
    this.#quiet = 0;
    this.#stopped = false;
  }

  #say() {
    const picture = !this.#seen ? "waiting" : this.#stopped ? "stopped" : "moving";
    this.element.dataset.picture = picture;
    if (this.#state !== "picture") return this.#text(".tile-words", tileWords(this.#short, this.#state, this.#unseen));
    this.#text(".tile-words", picture === "moving" ? "" : tileWords(this.#short, picture));
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
    if (FRAMES_TOLD) this.#video.cancelVideoFrameCallback(this.#frame);
    this.#video.srcObject = null;
    this.element.remove();
  }

  /**
   * @param {string} selector
   * @param {string} words
   */
  #text(selector, words) {
    const at = this.element.querySelector(selector);
    if (at && at.textContent !== words) at.textContent = words;
  }
}

export class Tiles {
  #box;
  #template;
  #nobody;
  #sink = "";
  #stoppedAfter = STOPPED_AFTER;
  #timer = 0;
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
    this.#timer = window.setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** @param {readonly Other[]} others everybody but this page's own person */
  show(others) {
    for (const [participant, tile] of this.#tiles) {
      if (others.some((other) => other.participant === participant)) continue;
      tile.stop();
      this.#tiles.delete(participant);
    }
    for (const other of others) this.#tile(other).show(other, nameOf(document, other.participant), this.#onBlocked);
    this.#box.dataset.count = String(Math.max(1, others.length));
    this.#nobody?.toggleAttribute("hidden", others.length > 0);
  }

  /** @param {boolean} doubtful the line is being made anew: a picture that rests has most likely stopped */
  doubt(doubtful) {
    this.#stoppedAfter = doubtful ? 1 : STOPPED_AFTER;
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
    clearInterval(this.#timer);
    for (const tile of this.#tiles.values()) tile.stop();
    this.#tiles.clear();
  }

  /** A page nobody looks at is given no frames: that says nothing. */
  #look() {
    if (document.hidden) return;
    for (const tile of this.#tiles.values()) tile.look(this.#stoppedAfter);
  }

  /** @param {Other} other */
  #tile({ participant, part }) {
    const known = this.#tiles.get(participant);
    if (known) return known;
    const rank = rankOf(part);
    const tile = new Tile(/** @type {DocumentFragment} */ (this.#template.content.cloneNode(true)), rank);
    this.#tiles.set(participant, tile);
    const places = /** @type {NodeListOf<HTMLElement>} */ (this.#box.querySelectorAll(".tile[data-rank]"));
    const next = [...places].find((one) => Number(one.dataset.rank) > rank) ?? null;
    this.#box.insertBefore(tile.element, next); // never moved later: that would stop its picture
    if (this.#sink) void tile.playOn(this.#sink).catch(() => {}); // the speaker was unplugged: the browser's own is used
    return tile;
  }
}
