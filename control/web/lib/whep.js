// SPDX-License-Identifier: GPL-3.0-or-later
// A room live by WebRTC (WHEP): one connection carries camera, screen and sound.

const CONNECT_MS = 1500; // UDP that does not come through is given up after so long

/** Why it did not come to a picture; early: the lesson has just begun. */
export class WhepTrouble extends Error {
  /** @param {'codec' | 'blocked' | 'early' | 'refused'} why @param {import('../types').FaultText} [fault] */
  constructor(why, fault) {
    super(why);
    this.why = why;
    this.fault = fault;
  }
}

/** True when this browser decodes H.264 that comes by WebRTC (Firefox without its plug-in does not). */
export function canWhep() {
  const codecs = globalThis.RTCRtpReceiver?.getCapabilities?.('video')?.codecs ?? [];
  return codecs.some((codec) => codec.mimeType.toLowerCase() === 'video/h264');
}

/** @param {RTCPeerConnection} peer */
function connected(peer) {
  return new Promise((done, failed) => {
    const late = setTimeout(() => failed(new WhepTrouble('blocked')), CONNECT_MS);
    peer.addEventListener('connectionstatechange', () => {
      if (peer.connectionState === 'connected') {
        clearTimeout(late);
        done(undefined);
      } else if (peer.connectionState === 'failed') {
        clearTimeout(late);
        failed(new WhepTrouble('blocked'));
      }
    });
  });
}

/** @param {string} address @param {string} offer */
async function post(address, offer) {
  const response = await fetch(address, {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'Content-Type': 'application/sdp' },
    body: offer,
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
 */
export async function watchByWhep(room, tracks, lost) {
  const peer = new RTCPeerConnection();
  /** @type {Map<string, MediaStreamTrack>} */
  const media = new Map();
  let resource = '';
  const close = () => {
    peer.close();
    if (resource) {
      fetch(resource, { method: 'DELETE', credentials: 'same-origin', keepalive: true }).catch(() => {});
    }
  };
  try {
    for (const name of tracks) {
      const kind = name.startsWith('sound') ? 'audio' : 'video';
      const { receiver } = peer.addTransceiver(kind, { direction: 'recvonly' });
      media.set(name, receiver.track);
    }
    const flowing = connected(peer);
    flowing.catch(() => {}); // told below, or the request failed before it
    await peer.setLocalDescription();
    const query = tracks.map((name) => `track=${encodeURIComponent(name)}`).join('&');
    const { answer, location } = await post(
      `/api/v1/live/${encodeURIComponent(room)}/whep?${query}`, peer.localDescription?.sdp ?? '');
    resource = location;
    await peer.setRemoteDescription({ type: 'answer', sdp: answer });
    await flowing;
  } catch (error) {
    close();
    throw error;
  }
  peer.addEventListener('connectionstatechange', () => {
    if (['failed', 'disconnected', 'closed'].includes(peer.connectionState)) {
      close();
      lost();
    }
  });
  return { peer, media, close };
}
