// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The ways by which a live room comes to this browser, the fastest first. The fastest that stands
 * soon is taken, and why the faster ones do not is remembered for the words.
 *
 *   WebRTC      needs UDP that comes through, and for pictures H.264 by WebRTC
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
/** @typedef {import('../../types').Told} Told */
/** @typedef {(room: string, panes: Pane[], told: Told, moment: Moment, signal: AbortSignal) => Promise<Way>} Open */
/** @typedef {{ way: Way, whyNot: WhyNot[] }} Found */

/** Nothing works; why. */
export class NoWay extends Error {
  /** @param {WhyNot[]} whyNot */
  constructor(whyNot) {
    super(whyNot.map((one) => `${one.kind}: ${one.why}`).join(', '));
    this.whyNot = whyNot;
  }
}

const EARLY_TRIES = 10; // then with the tracks that there are
const EARLY_MS = 300;
const BEGUN_MS = 1500;

/**
 * Tries again while a lesson has just begun and not all of it is there to be shown.
 * @template T
 * @param {(whole: boolean) => Promise<T>} open
 * @param {(error: unknown) => boolean} isEarly
 * @param {AbortSignal} signal
 * @returns {Promise<T>}
 */
async function whenReady(open, isEarly, signal) {
  for (let tries = 1; ; tries++) {
    if (signal.aborted) {
      throw new Error('given up');
    }
    try {
      return await open(tries < EARLY_TRIES);
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
async function openWebsocket(room, panes, told, { beganMs }, signal) {
  await new Promise((done) => setTimeout(done, beganMs + BEGUN_MS - performance.now()));
  return whenReady((whole) => watchByWebsocket(room, panes, told, { signal, whole }), () => true, signal);
}

/** @type {{ kind: Way['kind'], can: () => boolean, open: Open }[]} */
const BY_TCP = [
  { kind: 'websocket', can: canWebsocket, open: openWebsocket },
  { kind: 'hls', can: canHls, open: watchTape },
];

/**
 * The first that works.
 * @param {typeof BY_TCP} ways
 * @param {string} room
 * @param {Pane[]} panes
 * @param {Told} told
 * @param {Moment} moment
 * @param {AbortSignal} signal
 * @returns {Promise<Found>}
 */
async function openInTurn(ways, room, panes, told, moment, signal) {
  /** @type {WhyNot[]} */
  const whyNot = [];
  for (const { kind, can, open } of ways) {
    if (signal.aborted) {
      break;
    }
    if (!can()) {
      whyNot.push({ kind, why: 'codec' });
      continue;
    }
    try {
      return { way: await open(room, panes, told, moment, signal), whyNot };
    } catch {
      whyNot.push({ kind, why: 'refused' });
    }
  }
  throw new NoWay(whyNot);
}

/** Fills the panes. @param {Awaited<ReturnType<typeof watchByWhep>>} connection @param {Pane[]} panes @returns {Way} */
function showWebrtc({ peer, media, close }, panes) {
  for (const { element, tracks } of panes) {
    element.srcObject = new MediaStream(tracks.map((name) => /** @type {MediaStreamTrack} */ (media.get(name))));
  }
  const before = new Map();
  return {
    kind: 'webrtc',
    delay: () => webrtcDelay(peer, before),
    received: () => packets(peer),
    async pictures() {
      const pictures = [...media].filter(([, track]) => track.kind === 'video');
      return new Map(await Promise.all(pictures.map(async ([name, track]) =>
        /** @type {[string, number]} */ ([name, await packets(peer, track)]))));
    },
    close() {
      close();
      for (const { element } of panes) {
        element.srcObject = null;
      }
    },
  };
}

/** Of a track, or of all. @param {RTCPeerConnection} peer @param {MediaStreamTrack} [track] @returns {Promise<any[]>} */
const inbound = async (peer, track) => [...(await peer.getStats(track)).values()].filter((one) => one.type === 'inbound-rtp');

/** @param {RTCPeerConnection} peer @param {MediaStreamTrack} [track] */
const packets = async (peer, track) => (await inbound(peer, track)).reduce((sum, one) => sum + one.packetsReceived, 0);

/**
 * The network's half of a round trip and what lay in the buffer since the last look, in seconds.
 * @param {RTCPeerConnection} peer
 * @param {Map<string, any>} before what was seen then
 */
async function webrtcDelay(peer, before) {
  const [pair] = [...(await peer.getStats()).values()].filter((one) => one.type === 'candidate-pair' && one.nominated);
  const buffered = (await inbound(peer)).map((one) => {
    const { jitterBufferDelay: then = 0, jitterBufferEmittedCount: countThen = 0 } = before.get(one.id) || {};
    const count = one.jitterBufferEmittedCount - countThen;
    before.set(one.id, one);
    return count > 0 ? (one.jitterBufferDelay - then) / count : 0;
  });
  return (pair?.currentRoundTripTime || 0) / 2 + Math.max(0, ...buffered);
}

/** @param {unknown} error @returns {WhyNot} */
const whyNotWebrtc = (error) =>
  ({ kind: 'webrtc', why: error instanceof WhepTrouble && error.why !== 'early' ? error.why : 'refused' });

/**
 * WebRTC, and the next way beside it as soon as UDP seems not to come through; the first that
 * stands is taken. The elements belong to the next way until it has ended.
 * @param {string} room
 * @param {Pane[]} panes
 * @param {Told} told
 * @param {Moment} moment
 * @param {AbortSignal} signal
 * @returns {Promise<Found>}
 */
async function race(room, panes, told, moment, signal) {
  const names = panes.flatMap((pane) => pane.tracks);
  const [endWebrtc, endNext] = [new AbortController(), new AbortController()];
  const end = () => (endWebrtc.abort(), endNext.abort());
  signal.addEventListener('abort', end);
  /** @type {WhyNot} */
  let whyNot = { kind: 'webrtc', why: 'blocked' };
  /** @type {() => void} */
  let go = () => {};
  const slow = new Promise((done) => (go = () => done(undefined)));
  const webrtc = whenReady((whole) => watchByWhep(room, names, told.lost, { signal: endWebrtc.signal, slow: go, whole }),
    (error) => error instanceof WhepTrouble && error.why === 'early', endWebrtc.signal);
  const failed = webrtc.then(() => new Promise(() => {}), (error) => (whyNot = whyNotWebrtc(error)));
  const next = Promise.race([slow, failed]).then(() => openInTurn(BY_TCP, room, panes, told, moment, endNext.signal));
  try {
    const first = await Promise.any([webrtc, next]);
    end();
    if ('media' in first) {
      next.then(({ way }) => way.close(), () => {});
      return { way: showWebrtc(first, panes), whyNot: [] };
    }
    webrtc.then((late) => late.close(), () => {});
    return { way: first.way, whyNot: [whyNot, ...first.whyNot] };
  } catch {
    const more = await next.catch((error) => (error instanceof NoWay ? error.whyNot : []));
    throw new NoWay([whyNot, .../** @type {WhyNot[]} */ (more)]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/**
 * Opens the fastest way that works, until signal gives it up. A moment that is past has one way.
 * @param {string} room
 * @param {Pane[]} panes the first carries the sound
 * @param {Told} told
 * @param {Moment} moment
 * @param {AbortSignal} signal
 * @returns {Promise<Found>}
 */
export async function openWay(room, panes, told, moment, signal) {
  if (moment.from !== null) {
    return openInTurn(BY_TCP.filter(({ kind }) => kind === 'hls'), room, panes, told, moment, signal);
  }
  if (canWhep(panes.flatMap((pane) => pane.tracks))) {
    return race(room, panes, told, moment, signal);
  }
  const found = await openInTurn(BY_TCP, room, panes, told, moment, signal);
  return { ...found, whyNot: [{ kind: 'webrtc', why: 'codec' }, ...found.whyNot] };
}
