// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The ways by which a live room comes to this browser, the fastest first. The first that works is
 * taken, and why the faster ones do not is remembered for the words.
 *
 *   WebRTC      needs H.264 by WebRTC, and UDP that comes through
 *   WebSocket   needs a browser that plays what a page hands it (MSE)
 *   HLS         seconds behind, but it needs the least; and the one for moments that are past
 */

import { canWhep, watchByWhep, WhepTrouble } from '../whep.js';
import { canWebsocket, watchByWebsocket } from './live_ws.js';
import { canHls, watchTape } from './tape.js';

/** @typedef {import('../../types').Pane} Pane */
/** @typedef {import('../../types').Way} Way */
/** @typedef {import('../../types').WhyNot} WhyNot */

/** @typedef {import('../../types').Moment} Moment */

/** @typedef {(room: string, panes: Pane[], lost: () => void, moment: Moment) => Promise<Way>} Open */

/** Nothing works; why. */
export class NoWay extends Error {
  /** @param {WhyNot[]} whyNot */
  constructor(whyNot) {
    super(whyNot.map((one) => `${one.kind}: ${one.why}`).join(', '));
    this.whyNot = whyNot;
  }
}

const EARLY_TRIES = 5;
const EARLY_MS = 300;
const BEGUN_MS = 1500;

/**
 * Tries again while a lesson has just begun and has nothing to show yet.
 * @template T
 * @param {() => Promise<T>} open
 * @param {(error: unknown) => boolean} isEarly
 * @returns {Promise<T>}
 */
async function whenReady(open, isEarly) {
  for (let tries = 1; ; tries++) {
    try {
      return await open();
    } catch (error) {
      if (!isEarly(error) || tries === EARLY_TRIES) {
        throw error;
      }
      await new Promise((done) => setTimeout(done, EARLY_MS));
    }
  }
}

/**
 * Not before the lesson has something to show: a WebSocket does not say why it is refused, and
 * Firefox holds back the next one to where one was.
 * @type {Open}
 */
async function openWebsocket(room, panes, lost, { beganMs }) {
  await new Promise((done) => setTimeout(done, beganMs + BEGUN_MS - performance.now()));
  return whenReady(() => watchByWebsocket(room, panes, lost), () => true);
}

/** @type {Open} */
async function openWebrtc(room, panes, lost) {
  const names = panes.flatMap((pane) => pane.tracks);
  const { peer, media, close } = await whenReady(() => watchByWhep(room, names, lost),
    (error) => error instanceof WhepTrouble && error.why === 'early');
  for (const { element, tracks } of panes) {
    element.srcObject = new MediaStream(tracks.map((name) => /** @type {MediaStreamTrack} */ (media.get(name))));
  }
  return {
    kind: 'webrtc',
    delay: () => webrtcDelay(peer),
    close() {
      close();
      for (const { element } of panes) {
        element.srcObject = null;
      }
    },
  };
}

/**
 * The network's half of a round trip and what lies in the buffer, in seconds.
 * @param {RTCPeerConnection} peer
 */
async function webrtcDelay(peer) {
  let trip = 0;
  let buffered = 0;
  (await peer.getStats()).forEach((one) => {
    if (one.type === 'candidate-pair' && one.nominated) {
      trip = one.currentRoundTripTime || 0;
    } else if (one.type === 'inbound-rtp' && one.jitterBufferEmittedCount > 0) {
      buffered = Math.max(buffered, one.jitterBufferDelay / one.jitterBufferEmittedCount);
    }
  });
  return trip / 2 + buffered;
}

/** @type {{ kind: Way['kind'], can: () => boolean, open: Open }[]} */
const WAYS = [
  { kind: 'webrtc', can: canWhep, open: openWebrtc },
  { kind: 'websocket', can: canWebsocket, open: openWebsocket },
  { kind: 'hls', can: canHls, open: watchTape },
];

/**
 * Opens the fastest way that works. lost is called once when it ends by itself.
 * @param {string} room
 * @param {Pane[]} panes the first carries the sound
 * @param {() => void} lost
 * @param {Moment} moment
 * @returns {Promise<{ way: Way, whyNot: WhyNot[] }>}
 */
export async function openWay(room, panes, lost, moment) {
  /** @type {WhyNot[]} */
  const whyNot = [];
  const ways = moment.from === null ? WAYS : WAYS.filter(({ kind }) => kind === 'hls');
  for (const { kind, can, open } of ways) {
    if (!can()) {
      whyNot.push({ kind, why: 'codec' });
      continue;
    }
    try {
      return { way: await open(room, panes, lost, moment), whyNot };
    } catch (error) {
      const why = error instanceof WhepTrouble ? error.why : 'refused';
      whyNot.push({ kind, why: why === 'early' ? 'refused' : why });
    }
  }
  throw new NoWay(whyNot);
}
