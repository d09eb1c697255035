// The network's part of the device check: a call in a room of one against the real media port, watched for some seconds.

import { Call } from "../call/call.js";
import { iceServersOf } from "../call/ice_servers.js";
import { measureLine, QualityMeter } from "../call/quality.js";

const WITHIN_MS = 25_000; // joining takes well under a second, measuring eight; the page says after ten that it takes long

/** @typedef {{level: import("../call/quality.js").Level, rttMs: number | null, lossUp: number, lossDown: number, uplinkKbps: number | null, downKbps: number | null, route: string | null}} Line */

/**
 * @param {DOMStringMap} data of the page: socket, room, ticket, participant
 * @param {import("../call/own_media.js").OwnMedia} own what it gives is sent, also what comes later: nobody waits for an answer to the browser
 * @param {AbortSignal} signal
 * @returns {Promise<Line>} rejected when the clinic's media could not be reached in time
 */
export async function testLine(data, own, signal) {
  const { socketUrl = "", room = "", ticket = "", participant = "" } = data;
  const tracks = () => ({ audio: own.track("audio"), video: own.track("video") });
  const call = new Call({ url: socketUrl, room, ticket, participant, iceServers: iceServersOf(data), ...tracks() });
  const meter = new QualityMeter(() => call.connection);
  const until = new AbortController(); // not AbortSignal.any: browsers of 2023 lack it
  const onAbort = () => until.abort();
  signal.addEventListener("abort", onAbort);
  const timer = window.setTimeout(onAbort, WITHIN_MS);
  const onTrack = (/** @type {Event} */ event) => {
    const { kind, track } = /** @type {CustomEvent<import("../call/own_media.js").Sent>} */ (event).detail;
    void call.send(kind, track).catch(() => {}); // a connection just dropped; the next one sends it
  };
  own.addEventListener("track", onTrack);
  let [route, downKbps] = [/** @type {string | null} */ (null), 0];
  const onQuality = (/** @type {Event} */ event) => {
    const seen = /** @type {CustomEvent<import("../call/quality.js").Quality>} */ (event).detail;
    route = seen.route;
    downKbps = Math.max(downKbps, seen.kbpsDown);
  };
  meter.addEventListener("quality", onQuality);
  try {
    call.start();
    const measured = await measureLine(meter, undefined, until.signal);
    // The server sends oneself back: without a track nothing goes either way, and the browser's estimate is a guess.
    if (!tracks().audio && !tracks().video) return { ...measured, route, uplinkKbps: null, downKbps: null };
    return { ...measured, route, downKbps: downKbps >= 1 ? downKbps : null };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    own.removeEventListener("track", onTrack);
    meter.removeEventListener("quality", onQuality);
    meter.stop();
    call.leave();
  }
}

/**
 * Figures as people read them: "41 ms", "0.2 %", "3.1 Mbit/s"; null where nothing was measured. Pure.
 * @param {Line} line
 * @returns {Record<"delay" | "lost" | "up" | "down" | "route", string | null>}
 */
export function figures(line) {
  const rate = (/** @type {number | null} */ kbps) => {
    if (kbps === null) return null;
    return kbps < 1000 ? `${Math.round(kbps)} kbit/s` : `${(kbps / 1000).toFixed(1)} Mbit/s`;
  };
  const lost = Math.max(line.lossUp, line.lossDown) * 100;
  return {
    delay: line.rttMs === null ? null : `${Math.max(1, Math.round(line.rttMs))} ms`,
    lost: line.uplinkKbps === null && line.downKbps === null ? null : `${lost < 10 ? lost.toFixed(1) : Math.round(lost)} %`,
    up: rate(line.uplinkKbps),
    down: rate(line.downKbps),
    route: line.route?.replace("udp", "UDP").replace("tcp", "TCP") ?? null,
  };
}
