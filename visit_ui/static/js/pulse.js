// Whether media still arrive. A connection's own state does not tell: Firefox says "connected" for as long as its checks
// are answered, also over a path that nothing else comes by.

const EVERY_MS = 1_000;
const SILENT_AFTER_MS = 2_500; // sound comes every 20 ms, and the server's report on what is sent every second

/** @typedef {{heard: number, said: number}} Counts */

/** Event `pulse`: `silent` changed. */
export class Pulse extends EventTarget {
  #pc;
  #expects;
  #timer;
  #aliveAt = performance.now();
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
    this.#timer = window.setInterval(() => void this.#look(), EVERY_MS);
  }

  stop() {
    this.#stopped = true;
    clearInterval(this.#timer);
  }

  async #look() {
    const now = counts(await this.#pc.getStats());
    if (this.#stopped) return;
    const before = this.#before;
    this.#before = now;
    const due = before !== null && (now.said > before.said || this.#expects());
    if (before === null || now.heard > before.heard || !due && !this.silent) this.#aliveAt = performance.now();
    const silent = performance.now() - this.#aliveAt > SILENT_AFTER_MS;
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
