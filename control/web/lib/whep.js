// SPDX-License-Identifier: GPL-3.0-or-later
// A room live by WebRTC (WHEP): one connection carries camera, screen and sound.

import { isSound } from './names.js';

const CONNECT_MS = 3000; // UDP that does not come through is given up after so long
const SLOW_MS = 500; // where it comes through, a round trip has found a way by then
const ANSWER_MS = 4000;
const REFUSED = /^m=\w+ 0 /m; // a media line of an answer (RFC 3264 section 6)

/** Why it did not come to a picture; early: the lesson has just begun. */
export class WhepTrouble extends Error {
  /** @param {'codec' | 'blocked' | 'early' | 'refused'} why @param {import('../types').FaultText} [fault] */
  constructor(why, fault) {
    super(why);
    this.why = why;
    this.fault = fault;
  }
}

/**
 * True when this browser decodes such tracks that come by WebRTC: every browser does sound, and
 * pictures those that have H.264 (Firefox without its plug-in has none).
 * @param {string[]} tracks
 */
export function canWhep(tracks) {
  if (tracks.every(isSound)) {
    return 'RTCPeerConnection' in globalThis;
  }
  const codecs = globalThis.RTCRtpReceiver?.getCapabilities?.('video')?.codecs ?? [];
  return codecs.some((codec) => codec.mimeType.toLowerCase() === 'video/h264');
}

/**
 * Waits until media may flow; both ends know each other.
 * @param {RTCPeerConnection} peer
 * @param {() => void} slow
 * @param {AbortSignal} signal
 */
function connected(peer, slow, signal) {
  return new Promise((done, failed) => {
    const soon = setTimeout(() => ['new', 'checking'].includes(peer.iceConnectionState) && slow(), SLOW_MS);
    const late = setTimeout(end, CONNECT_MS);
    function end() {
      clearTimeout(soon);
      clearTimeout(late);
      if (peer.connectionState === 'connected') {
        done(undefined);
      } else {
        failed(new WhepTrouble('blocked'));
      }
    }
    const look = () => ['connected', 'failed'].includes(peer.connectionState) && end();
    peer.addEventListener('connectionstatechange', look);
    signal.addEventListener('abort', end);
    look();
  });
}

/** @param {string} address @param {string} offer @param {AbortSignal} signal */
async function post(address, offer, signal) {
  const response = await fetch(address, {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'Content-Type': 'application/sdp' },
    body: offer,
    signal,
  });
  if (response.status !== 201) {
    const { fault } = await response.json().catch(() => ({}));
    throw new WhepTrouble(response.status === 406 ? 'codec' : response.status === 409 ? 'early' : 'refused', fault);
  }
  return { answer: await response.text(), location: response.headers.get('Location') ?? '' };
}

/**
 * Watches tracks of a room until close() is called or lost() is. Resolves when media flows: one
 * stream a track, in the order of the names.
 * @param {string} room
 * @param {string[]} tracks such as camera, screen, sound
 * @param {() => void} lost called once when the connection ends by itself
 * @param {{ signal?: AbortSignal, slow?: () => void, whole?: boolean }} [opening] signal gives it up;
 *   slow is called when it looks as if UDP did not come through, while it is still tried; whole: it is
 *   early while a track is not there yet
 */
export async function watchByWhep(room, tracks, lost, { signal, slow = () => {}, whole = false } = {}) {
  const peer = new RTCPeerConnection();
  /** @type {Map<string, MediaStreamTrack>} */
  const media = new Map();
  let resource = '';
  let over = false;
  const close = () => {
    if (over) {
      return;
    }
    over = true;
    peer.close();
    if (resource) {
      fetch(resource, { method: 'DELETE', credentials: 'same-origin', keepalive: true }).catch(() => {});
    }
  };
  const giveUp = new AbortController();
  const stop = () => (close(), giveUp.abort());
  /** @type {Promise<never>} what a connection was asked for has no answer once it is closed */
  const stopped = new Promise((_, failed) => giveUp.signal.addEventListener('abort', () => failed(new WhepTrouble('refused'))));
  stopped.catch(() => {}); // it is told where somebody waits
  const late = setTimeout(stop, ANSWER_MS);
  signal?.addEventListener('abort', stop);
  try {
    for (const name of tracks) {
      const kind = isSound(name) ? 'audio' : 'video';
      const { receiver } = peer.addTransceiver(kind, { direction: 'recvonly' });
      media.set(name, receiver.track);
    }
    await Promise.race([peer.setLocalDescription(), stopped]);
    const query = tracks.map((name) => `track=${encodeURIComponent(name)}`).join('&');
    const { answer, location } = await post(
      `/api/v1/live/${encodeURIComponent(room)}/whep?${query}`, peer.localDescription?.sdp ?? '', giveUp.signal);
    resource = location;
    clearTimeout(late);
    if (whole && REFUSED.test(answer)) {
      throw new WhepTrouble('early');
    }
    await Promise.race([peer.setRemoteDescription({ type: 'answer', sdp: answer }), stopped]);
    await connected(peer, slow, giveUp.signal);
  } catch (error) {
    close();
    throw error;
  } finally {
    clearTimeout(late);
    signal?.removeEventListener('abort', stop);
  }
  // "disconnected" may come back by itself; who watches sees that nothing comes meanwhile.
  peer.addEventListener('connectionstatechange', () => {
    if (!over && ['failed', 'closed'].includes(peer.connectionState)) {
      over = true; // the server forgets it by itself; a request would stick in the network that is gone
      peer.close();
      lost();
    }
  });
  return { peer, media, close };
}
