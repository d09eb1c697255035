// How good the line is, from getStats: figures, one of three levels, and words. Measures only; what to show is the page's affair.

import { _ } from "../shell/texts.js";

const EVERY_MS = 2_000;
const ENOUGH_MS = 9_000; // the device check says something within ten seconds: by then any measurement will do

/** @typedef {"good" | "fair" | "poor"} Level */
/**
 * Since the measurement before. kbps 1000 bit/s; loss 0 to 1; null: not known yet.
 * @typedef {object} Quality
 * @property {Level} level
 * @property {string} words
 * @property {number | null} rttMs
 * @property {number | null} jitterMs
 * @property {number} lossDown
 * @property {number} lossUp
 * @property {number} kbpsDown
 * @property {number} kbpsUp
 * @property {number | null} canSendKbps what the browser thinks the line carries upwards
 * @property {number} frozenMs time that pictures stood still
 * @property {number} concealed share of sound that had to be invented
 * @property {string | null} route for example "udp"
 */
/** @typedef {{at: number, received: number, lost: number, bytesDown: number, bytesUp: number, frozen: number, concealed: number, samples: number}} Totals */

/**
 * @param {{rttMs: number | null, lossDown: number, lossUp: number, frozenMs: number, concealed: number}} figures
 * @returns {Level}
 */
export function levelOf({ rttMs, lossDown, lossUp, frozenMs, concealed }) {
  const loss = Math.max(lossDown, lossUp);
  if ((rttMs ?? 0) > 600 || loss > 0.1 || frozenMs > 700 || concealed > 0.08) return "poor";
  if ((rttMs ?? 0) > 250 || loss > 0.03 || frozenMs > 150 || concealed > 0.02) return "fair";
  return "good";
}

/** @param {Level} level */
export function wordsOf(level) {
  return { good: _("Good connection"), fair: _("Weak connection"), poor: _("Very weak connection") }[level];
}

/** Event `quality`, detail Quality, every two seconds while there is a connection. */
export class QualityMeter extends EventTarget {
  #connection;
  #timer;
  #of = /** @type {RTCPeerConnection | null} */ (null);
  #before = /** @type {Totals | null} */ (null);

  /** @param {() => RTCPeerConnection | null} connection asked each time: a call may build a new one */
  constructor(connection) {
    super();
    this.#connection = connection;
    this.#timer = window.setInterval(() => void this.#measure(), EVERY_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  async #measure() {
    const pc = this.#connection();
    if (pc !== this.#of) [this.#of, this.#before] = [pc, null];
    if (pc?.connectionState !== "connected") return;
    const stats = await pc.getStats();
    const quality = this.#compare(stats);
    if (quality) this.dispatchEvent(new CustomEvent("quality", { detail: quality }));
  }

  /** @param {RTCStatsReport} stats */
  #compare(stats) {
    const { totals, now } = read(stats);
    const before = this.#before;
    this.#before = totals;
    if (!before || totals.at <= before.at) return null;
    const ms = totals.at - before.at;
    const share = (/** @type {number} */ part, /** @type {number} */ whole) => (whole > 0 ? Math.max(0, part) / whole : 0);
    const [received, lost] = [totals.received - before.received, totals.lost - before.lost];
    const figures = {
      ...now,
      lossDown: share(lost, received + Math.max(0, lost)),
      kbpsDown: ((totals.bytesDown - before.bytesDown) * 8) / ms,
      kbpsUp: ((totals.bytesUp - before.bytesUp) * 8) / ms,
      frozenMs: (totals.frozen - before.frozen) * 1000,
      concealed: share(totals.concealed - before.concealed, totals.samples - before.samples),
    };
    const level = levelOf(figures);
    return /** @type {Quality} */ ({ ...figures, level, words: wordsOf(level) });
  }
}

/** @param {RTCStatsReport} stats */
function read(stats) {
  const totals = { at: 0, received: 0, lost: 0, bytesDown: 0, bytesUp: 0, frozen: 0, concealed: 0, samples: 0 };
  const now = {
    rttMs: /** @type {number | null} */ (null),
    jitterMs: /** @type {number | null} */ (null),
    lossUp: 0,
    canSendKbps: /** @type {number | null} */ (null),
    route: /** @type {string | null} */ (null),
  };
  let [pairDown, pairUp] = [0, 0];
  stats.forEach((one) => {
    totals.at = Math.max(totals.at, one.timestamp);
    if (one.type === "inbound-rtp" && one.packetsReceived) {
      totals.received += one.packetsReceived;
      totals.lost += one.packetsLost ?? 0;
      totals.frozen += one.totalFreezesDuration ?? 0;
      totals.concealed += (one.concealedSamples ?? 0) - (one.silentConcealedSamples ?? 0);
      totals.samples += one.totalSamplesReceived ?? 0;
      if (one.jitter !== undefined) now.jitterMs = Math.max(now.jitterMs ?? 0, one.jitter * 1000);
    } else if (one.type === "remote-inbound-rtp") {
      now.lossUp = Math.max(now.lossUp, one.fractionLost ?? 0);
    } else if (one.type === "candidate-pair" && one.nominated && one.state === "succeeded") {
      if (one.currentRoundTripTime !== undefined) now.rttMs = one.currentRoundTripTime * 1000;
      if (one.availableOutgoingBitrate !== undefined) now.canSendKbps = one.availableOutgoingBitrate / 1000;
      [pairDown, pairUp] = [one.bytesReceived ?? 0, one.bytesSent ?? 0];
      now.route = stats.get(one.localCandidateId)?.protocol ?? null;
    } else if (one.type === "transport") {
      totals.bytesDown += one.bytesReceived ?? 0;
      totals.bytesUp += one.bytesSent ?? 0;
    }
  });
  if (!totals.bytesDown && !totals.bytesUp) [totals.bytesDown, totals.bytesUp] = [pairDown, pairUp]; // Firefox counts there alone
  return { totals, now };
}

/**
 * The device check's network test: a call in a room of one (the server sends oneself back), watched for some seconds.
 * @param {QualityMeter} meter of a connected call
 * @param {number} [measurements] about two seconds each; the browser's own estimate needs three to settle
 * @param {AbortSignal} [signal] aborting rejects
 * @returns {Promise<{level: Level, rttMs: number | null, lossUp: number, lossDown: number, uplinkKbps: number | null}>}
 */
export function measureLine(meter, measurements = 3, signal) {
  return new Promise((resolve, reject) => {
    const seen = /** @type {Quality[]} */ ([]);
    let late = false;
    const onQuality = (/** @type {Event} */ event) => {
      seen.push(/** @type {CustomEvent<Quality>} */ (event).detail);
      if (seen.length >= (late ? 1 : measurements)) finish();
    };
    const onEnough = () => {
      late = true;
      if (seen.length) finish();
    };
    const finish = () => {
      done();
      resolve(summary(seen));
    };
    const onAbort = () => {
      done();
      reject(signal?.reason);
    };
    const timer = window.setTimeout(() => onEnough(), ENOUGH_MS);
    const done = () => {
      clearTimeout(timer);
      meter.removeEventListener("quality", onQuality);
      signal?.removeEventListener("abort", onAbort);
    };
    meter.addEventListener("quality", onQuality);
    signal?.addEventListener("abort", onAbort);
  });
}

/** @param {readonly Quality[]} seen */
function summary(seen) {
  const worst = (/** @type {(one: Quality) => number} */ of) => Math.max(...seen.map(of));
  const last = seen[seen.length - 1];
  const rttMs = last?.rttMs ?? null;
  const [lossUp, lossDown] = [worst((one) => one.lossUp), worst((one) => one.lossDown)];
  const uplinkKbps = last?.canSendKbps ?? null;
  const level = uplinkKbps !== null && uplinkKbps < 250 ? "poor" : levelOf({ rttMs, lossUp, lossDown, frozenMs: 0, concealed: 0 });
  return { level, rttMs, lossUp, lossDown, uplinkKbps };
}
