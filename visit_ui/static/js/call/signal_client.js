// The call's WebSocket: typed messages of docs/protocol.md, ping, and coming back by itself. Knows nothing of media or of the page.

export const VERSION = 1;
const SILENCE_MS = 12_000;
const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 8_000;
/** Closes after which coming back makes sense; every other code of 4000 and above is final. */
const RETURN_AFTER = new Set([4408, 4500, 4503, 4507]);

/** @typedef {"muted" | "lost" | "none"} Unheard why somebody sends no sound */
/** @typedef {"off" | "lost" | "none"} Unseen why somebody sends no picture */
/** @typedef {{participant: string, part: string, audio: boolean, video: boolean, away: boolean, connected: boolean, slot: number | null, unheard?: Unheard | null, unseen?: Unseen | null}} Person */
/** @typedef {{type: "welcome", version: number, participant: string, part: string, rights: string[], slots: number, ping_every_s: number, silence_s: number, resumed: boolean}} Welcome */
/** @typedef {{type: "roster", people: Person[]}} Roster */
/** @typedef {{type: "answer", id: number, peer: string, sdp: string}} Answer */
/** @typedef {{type: "media", peer: string, state: "connected" | "failed", code: string | null, message: string | null}} Media */
/** @typedef {{type: "network", limited: boolean, kbps: number}} Network */
/** @typedef {{type: "refused", id: number | null, code: string, message: string, retry_s: number | null}} Refused */
/** @typedef {{type: "pong", id: number}} Pong */
/** @typedef {{type: "goodbye", code: number, message: string, retry_s: number | null}} Goodbye */
/** @typedef {Welcome | Roster | Answer | Media | Network | Refused | Pong | Goodbye} ServerMessage */
/** @typedef {"connecting" | "open" | "waiting" | "closed"} SocketState */

/** A request that the server answered with no. */
export class Refusal extends Error {
  /** @param {Refused} message */
  constructor(message) {
    super(message.message);
    this.name = "Refusal";
    this.code = message.code;
  }
}

/**
 * Events, each a CustomEvent:
 * `state` (SocketState) · `welcome`, `roster`, `media`, `network`, `refused` (that message) ·
 * `delayed` ({code, message}: it comes back by itself, and the server said what it waits for) ·
 * `closed` ({code, message}: it will not come back by itself; 4401: reload the page for a fresh ticket).
 */
export class SignalClient extends EventTarget {
  #url;
  #room;
  #ticket;
  #socket = /** @type {WebSocket | null} */ (null);
  #nextId = 1;
  #waiting = /** @type {Map<number, {resolve: (answer: Answer) => void, reject: (why: Error) => void}>} */ (new Map());
  #waitMs = FIRST_WAIT_MS;
  #retryTimer = 0;
  #pingTimer = 0;
  #heardAt = 0;
  #goodbye = /** @type {Goodbye | null} */ (null);
  #stopped = true;
  #onOnline = () => this.#now();

  /** The media connection to keep when the socket is made anew; set by the call. */
  resume = /** @type {string | null} */ (null);
  state = /** @type {SocketState} */ ("closed");

  /** @param {{url: string, room: string, ticket: string}} where `url` may be a path; http becomes ws */
  constructor({ url, room, ticket }) {
    super();
    const whole = new URL(url, location.href);
    whole.protocol = whole.protocol.replace("http", "ws");
    this.#url = whole.href;
    this.#room = room;
    this.#ticket = ticket;
  }

  start() {
    if (!this.#stopped) return;
    this.#stopped = false;
    window.addEventListener("online", this.#onOnline);
    this.#open();
  }

  /** Ends for good; open requests are rejected. Nothing is said to the server: `leave` is a message. */
  stop() {
    this.#stopped = true;
    window.removeEventListener("online", this.#onOnline);
    clearTimeout(this.#retryTimer);
    this.#drop(1000);
    this.#become("closed");
  }

  /**
   * Says something that needs no answer. Lost while the socket is not open: the call says its state again after `welcome`.
   * @param {{type: "sending", audio: boolean, video: boolean, unheard: Unheard | null, unseen: Unseen | null} | {type: "leave"} | {type: "ping"}} message
   */
  say(message) {
    this.#write({ ...message, id: this.#nextId++ });
  }

  /**
   * @param {string} sdp
   * @returns {Promise<Answer>} rejected with Refusal, or with Error when the socket closes first
   */
  offer(sdp) {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      if (!this.#write({ type: "offer", id, sdp })) this.#settle(id)?.reject(new Error("the socket is closed"));
    });
  }

  /** Tries again at once instead of waiting: the network is said to be back. */
  #now() {
    if (this.#stopped || this.state !== "waiting") return;
    clearTimeout(this.#retryTimer);
    this.#open();
  }

  #open() {
    this.#become("connecting");
    this.#goodbye = null;
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    this.#heardAt = performance.now();
    socket.addEventListener("open", () => {
      if (socket !== this.#socket) return;
      const resume = this.resume;
      this.#write({ type: "hello", version: VERSION, ticket: this.#ticket, room: this.#room, resume });
    });
    socket.addEventListener("message", (event) => {
      if (socket === this.#socket) this.#hear(String(event.data));
    });
    socket.addEventListener("close", (event) => {
      if (socket === this.#socket) this.#lost(event.code);
    });
    this.#pingTimer = window.setInterval(() => this.#beat(), 1000);
  }

  #beat() {
    const silentMs = performance.now() - this.#heardAt;
    if (silentMs > SILENCE_MS) this.#lost(4408);
    else if (this.state === "open" && Math.round(silentMs / 1000) % 5 === 4) this.say({ type: "ping" });
  }

  /** @param {string} text */
  #hear(text) {
    this.#heardAt = performance.now();
    const message = /** @type {ServerMessage} */ (JSON.parse(text));
    switch (message.type) {
      case "welcome":
        this.#waitMs = FIRST_WAIT_MS;
        this.#become("open");
        break;
      case "answer":
        this.#settle(message.id)?.resolve(message);
        return;
      case "refused":
        if (message.id !== null) this.#settle(message.id)?.reject(new Refusal(message));
        break;
      case "goodbye":
        this.#goodbye = message;
        return;
      case "pong":
        return;
    }
    this.dispatchEvent(new CustomEvent(message.type, { detail: message }));
  }

  /** @param {number} code */
  #lost(code) {
    const last = this.#goodbye;
    this.#drop(1000);
    if (this.#stopped) return;
    const why = last?.code ?? code;
    if (why >= 4000 && !RETURN_AFTER.has(why)) {
      this.stop();
      this.dispatchEvent(new CustomEvent("closed", { detail: { code: why, message: last?.message ?? "" } }));
      return;
    }
    this.#become("waiting");
    if (last) this.dispatchEvent(new CustomEvent("delayed", { detail: { code: last.code, message: last.message } }));
    const waitMs = Math.max(this.#waitMs, (last?.retry_s ?? 0) * 1000) * (0.75 + Math.random() / 2);
    this.#waitMs = Math.min(LONGEST_WAIT_MS, this.#waitMs * 2);
    this.#retryTimer = window.setTimeout(() => this.#open(), waitMs);
  }

  /** @param {number} code */
  #drop(code) {
    clearInterval(this.#pingTimer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(code);
    for (const id of [...this.#waiting.keys()]) this.#settle(id)?.reject(new Error("the socket is closed"));
  }

  /** @param {number} id */
  #settle(id) {
    const request = this.#waiting.get(id);
    this.#waiting.delete(id);
    return request;
  }

  /** @param {object} message */
  #write(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** @param {SocketState} state */
  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}
