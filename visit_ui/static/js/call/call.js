// A call: joins by a SignalClient, keeps a media connection through reloads of the server and changes of network, tells who is there.
// It owns the RTCPeerConnection; tracks belong to the page, which opens and stops them (devices.js).

import { Pulse } from "./pulse.js";
import { SignalClient } from "./signal_client.js";
import * as slots from "./slots.js";

const RESTART_AFTER_MS = 2_000;
const REBUILD_AFTER_MS = 8_000;
const REBUILD_WAITS_MS = [0, 500, 1_000, 2_000, 4_000];

/** @typedef {{participant: string, part: string, audio: boolean, video: boolean, away: boolean, unheard: Unheard | null, unseen: Unseen | null, stream: MediaStream | null}} Other */
/** @typedef {import("./signal_client.js").Unheard} Unheard */
/** @typedef {import("./signal_client.js").Unseen} Unseen */
/** @typedef {{audio: Exclude<Unheard, "muted"> | null, video: Unseen | null}} Lacks */
/** @typedef {"connecting" | "connected" | "rejoining" | "ended"} CallState */
/** @typedef {{url: string, room: string, ticket: string, participant: string, audio?: MediaStreamTrack | null, video?: MediaStreamTrack | null, iceServers?: RTCIceServer[]}} CallSetup */

/**
 * Events, each a CustomEvent:
 * `state` (CallState) · `people` (Other[], everybody but oneself, in order of arrival; `stream` null: no media yet) ·
 * `network` ({limited, kbps}: pictures towards this page are reduced) · `trouble` ({code, message}: media failed, it tries again) ·
 * `delayed` ({code, message}: the page is not let in yet; it tries again) ·
 * `closed` ({code, message}: the call is over for this page; see docs/protocol.md for the codes).
 */
export class Call extends EventTarget {
  #signal;
  #self;
  #tracks;
  #muted = false;
  #lacks = /** @type {Lacks} */ ({ audio: null, video: null });
  #media = /** @type {ReturnType<typeof slots.open> | null} */ (null);
  #pulse = /** @type {Pulse | null} */ (null);
  #peer = "";
  #slots = 3;
  #people = /** @type {import("./signal_client.js").Person[]} */ ([]);
  #timer = 0;
  #tries = 0;
  #negotiating = Promise.resolve();
  #ended = false;
  #iceServers;
  #onNetwork = () => this.#restart();

  state = /** @type {CallState} */ ("connecting");

  /** @param {CallSetup} setup */
  constructor({ url, room, ticket, participant, audio = null, video = null, iceServers = [] }) {
    super();
    this.#iceServers = iceServers;
    this.#self = participant;
    this.#tracks = { audio, video };
    this.#signal = new SignalClient({ url, room, ticket });
    const on = (/** @type {string} */ name, /** @type {(detail: any) => void} */ act) =>
      this.#signal.addEventListener(name, (event) => act(/** @type {CustomEvent} */ (event).detail));
    on("welcome", (welcome) => this.#welcomed(welcome));
    on("roster", (roster) => this.#show(roster.people));
    on("media", (media) => this.#mediaSaid(media));
    on("network", (network) => this.#tell("network", network));
    on("state", (state) => state === "waiting" && this.#become("rejoining"));
    on("delayed", (why) => this.#tell("delayed", why));
    on("closed", (why) => this.#closed(why));
  }

  start() {
    window.addEventListener("online", this.#onNetwork);
    this.#signal.start();
  }

  /** Says goodbye: the others see it at once. */
  leave() {
    this.#signal.say({ type: "leave" });
    this.stop();
  }

  /** Ends without a word, as a closed tab does: the place is kept for some seconds. */
  stop() {
    this.#ended = true;
    window.removeEventListener("online", this.#onNetwork);
    clearTimeout(this.#timer);
    this.#drop();
    this.#signal.stop();
    this.#become("ended");
  }

  /** The connection of now, for quality.js. */
  get connection() {
    return this.#media?.pc ?? null;
  }

  get muted() {
    return this.#muted;
  }

  /** @param {boolean} muted */
  mute(muted) {
    this.#muted = muted;
    if (this.#tracks.audio) this.#tracks.audio.enabled = !muted;
    this.#sayWhatIsSent();
  }

  /**
   * Sends this track from now on; null: nothing (camera off). No renegotiation, so it is immediate.
   * @template {"audio" | "video"} K
   * @param {K} kind
   * @param {MediaStreamTrack | null} track
   * @param {Lacks[K]} [lack] why nobody hears this person, though they did not choose it; why nobody sees them
   */
  async send(kind, track, lack = null) {
    this.#tracks[kind] = track;
    this.#lacks[kind] = lack;
    if (kind === "audio" && track) track.enabled = !this.#muted;
    this.#sayWhatIsSent(); // before the wait: a connection that is dropped meanwhile may never answer
    await this.#media?.sending[kind].sender.replaceTrack(track);
  }

  // Signaling

  /** @param {import("./signal_client.js").Welcome} welcome */
  #welcomed(welcome) {
    this.#slots = welcome.slots;
    this.#tries = 0;
    if (!welcome.resumed || this.connection?.connectionState !== "connected") this.#build();
    else if (this.#carries) this.#become("connected");
    else this.#restart();
    this.#sayWhatIsSent();
  }

  /** @param {import("./signal_client.js").Media} media */
  #mediaSaid(media) {
    if (media.peer !== this.#peer) return;
    if (media.state === "connected") {
      this.#tries = 0;
      return;
    }
    this.#tell("trouble", { code: media.code, message: media.message });
    this.#rebuildSoon();
  }

  /** @param {{code: number, message: string}} why */
  #closed(why) {
    this.stop();
    this.#tell("closed", why);
  }

  #sayWhatIsSent() {
    const { audio, video } = this.#tracks;
    const unheard = this.#lacks.audio ?? (audio !== null && this.#muted ? "muted" : null);
    const unseen = this.#lacks.video;
    const sends = { audio: audio !== null && unheard === null, video: video !== null && unseen === null };
    this.#signal.say({ type: "sending", ...sends, unheard, unseen });
  }

  // Media

  #build() {
    clearTimeout(this.#timer);
    this.#drop();
    const media = slots.open(this.#tracks.audio, this.#tracks.video, this.#slots, this.#iceServers);
    this.#media = media;
    media.pc.addEventListener("connectionstatechange", () => {
      if (media === this.#media) this.#connectionChanged(media.pc);
    });
    this.#negotiate(media);
    this.#timer = window.setTimeout(() => this.#rebuildSoon(), REBUILD_AFTER_MS * 2);
  }

  /** @param {NonNullable<ReturnType<typeof slots.open>>} media */
  #negotiate(media) {
    this.#negotiating = this.#negotiating.then(async () => {
      if (media !== this.#media) return;
      try {
        const offer = await media.pc.createOffer();
        await media.pc.setLocalDescription({ type: "offer", sdp: slots.withAudioNack(offer.sdp ?? "") });
        const answer = await this.#signal.offer(media.pc.localDescription?.sdp ?? "");
        if (media !== this.#media) return;
        this.#peer = this.#signal.resume = answer.peer;
        await media.pc.setRemoteDescription({ type: "answer", sdp: answer.sdp });
      } catch (error) {
        if (media !== this.#media || this.#signal.state !== "open") return; // a new welcome begins anew
        this.#tell("trouble", { code: "negotiation", message: String(error) });
        this.#rebuildSoon();
      }
    });
  }

  /** @param {RTCPeerConnection} pc */
  #connectionChanged(pc) {
    if (pc.connectionState === "connected") {
      this.#pulse ??= this.#feel(pc);
      this.#revived();
    } else if (pc.connectionState === "disconnected") {
      clearTimeout(this.#timer);
      this.#timer = window.setTimeout(() => this.#restart(), RESTART_AFTER_MS);
    } else if (pc.connectionState === "failed") {
      this.#become("rejoining");
      this.#rebuildSoon();
    }
  }

  /** @param {RTCPeerConnection} pc */
  #feel(pc) {
    const sends = (/** @type {import("./signal_client.js").Person} */ one) =>
      one.participant !== this.#self && one.connected && !one.away && (one.audio || one.video);
    const pulse = new Pulse(pc, () => this.#people.some(sends));
    pulse.addEventListener("pulse", () => {
      if (!pulse.silent) return this.#revived();
      this.#become("rejoining");
      this.#restart();
    });
    return pulse;
  }

  /** Connected is what carries media, whatever the connection says of itself. */
  get #carries() {
    return this.connection?.connectionState === "connected" && !this.#pulse?.silent;
  }

  #revived() {
    if (!this.#carries) return;
    clearTimeout(this.#timer);
    this.#become("connected");
    this.#show(this.#people);
  }

  /** The network changed: new ICE credentials, same keys and streams. If that does not connect in time, everything is built anew. */
  #restart() {
    const media = this.#media;
    if (!media || this.#signal.state !== "open" || media.pc.connectionState === "new") return;
    if (!this.#carries) this.#become("rejoining");
    media.pc.restartIce();
    this.#negotiate(media);
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      if (this.#carries) this.#become("connected");
      else this.#rebuildSoon();
    }, REBUILD_AFTER_MS);
  }

  #rebuildSoon() {
    clearTimeout(this.#timer);
    if (this.#ended || this.#signal.state !== "open") return;
    this.#become("rejoining");
    const wait = REBUILD_WAITS_MS[Math.min(this.#tries, REBUILD_WAITS_MS.length - 1)];
    this.#tries += 1;
    this.#timer = window.setTimeout(() => this.#build(), wait);
  }

  #drop() {
    const media = this.#media;
    this.#pulse?.stop();
    this.#media = this.#pulse = null;
    this.#peer = "";
    this.#signal.resume = null;
    media?.pc.close();
  }

  // The page

  /** @param {import("./signal_client.js").Person[]} people */
  #show(people) {
    this.#people = people;
    const connected = this.#media?.pc.connectionState === "connected";
    const others = people.filter((person) => person.participant !== this.#self || person.slot !== null);
    this.#tell("people", others.map(({ participant, part, audio, video, away, connected: sends, slot, unheard = null, unseen = null }) => {
      const stream = slot !== null && sends && connected ? this.#media?.receiving[slot]?.stream ?? null : null;
      return { participant, part, audio, video, away, unheard, unseen, stream };
    }));
  }

  /** @param {CallState} state */
  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.#tell("state", state);
  }

  /**
   * @param {string} name
   * @param {unknown} detail
   */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
