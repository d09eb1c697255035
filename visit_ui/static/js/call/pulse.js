// Whether media still arrive. A connection's own state does not tell: Firefox says "connected" for as long as its checks
// are answered, also over a path that nothing else comes by.

// Sound comes every 20 ms, and the server's report on what is sent every second. Looks are counted, not time: a page
// that was not given its turn, and so heard nothing, looks late too.
const EVERY_MS = 800;
const SILENT_AFTER = 3;

/** @typedef {{heard: number, said: number}} Counts */

/** Event `pulse`: `silent` changed. */
export class Pulse extends EventTarget {
  #pc;
  #expects;
  #timer = 0;
  #quiet = 0; // looks since something was heard
  #before = /** @type {Counts | null} */ (null);
  #stopped = false;

  silent = false;

  /**
   * @param {RTCPeerConnection} pc connected
   * @param {() => boolean} expects whether somebody sends to this page; what it sends itself is reported on anyway
   */
  constructor(pc, expects) {
    super();
    this.#pc = pc;
    this.#expects = expects;
    this.#next();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #next() {
    this.#timer = window.setTimeout(() => void this.#look(), EVERY_MS);
  }

  async #look() {
    const now = counts(await this.#pc.getStats());
    if (this.#stopped) return;
    this.#next();
    const before = this.#before;
    this.#before = now;
    const due = before !== null && (now.said > before.said || this.#expects());
    if (before === null || now.heard > before.heard) this.#quiet = 0;
    else if (due) this.#quiet += 1;
    else if (!this.silent) this.#quiet = 0;
    const silent = this.#quiet >= SILENT_AFTER;
    if (silent === this.silent) return;
    this.silent = silent;
    this.dispatchEvent(new Event("pulse"));
  }
}

/**
 * Packets of media that came, with reports on what was sent; and packets that were sent. Pure.
 * @param {RTCStatsReport} stats
 * @returns {Counts}
 */
export function counts(stats) {
  const found = { heard: 0, said: 0 };
  stats.forEach((one) => {
    if (one.type === "inbound-rtp") found.heard += one.packetsReceived ?? 0;
    else if (one.type === "remote-inbound-rtp") found.heard += one.timestamp; // when the report came
    else if (one.type === "outbound-rtp") found.said += one.packetsSent ?? 0;
  });
  return found;
}
