// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A room live by WebSocket (docs/api.yaml, watchLiveSocket): a greeting in JSON with the codecs and
 * inits of the tracks, then the chunks as they are made, the newest key frame first.
 */

import { seconds } from '../format.js';
import { fromBase64url, readChunk, timescaleOf } from './chunk.js';
import { Edge } from './edge.js';
import { MediaSourceHere, MsePlayer } from './mse.js';
import { Pace } from './pace.js';

/** @typedef {import('../../types').Pane} Pane */
/** @typedef {import('../../types').Way} Way */
/** @typedef {{ name: string, id: number, codecs: string, init: string }} Greeted */
/** @typedef {{ name: string, id: number, type: string, init: Uint8Array, timescale: number, sound: boolean }} Known */

const GREETING_MS = 4000;
const SILENCE_MS = 6000; // a still screen says something each second
const STEER_MS = 100;
const SOUND_FRAMES = 2 * 1024; // of a chunk of sound

const nowSeconds = () => performance.now() / 1000;

/** True when this browser plays H.264 and AAC that a page hands it. */
export const canWebsocket = () => !!MediaSourceHere?.isTypeSupported('video/mp4; codecs="avc1.42e01f,mp4a.40.2"');

/** @param {Greeted} one @returns {Known} */
function know({ name, id, codecs, init }) {
  const bytes = fromBase64url(init);
  const sound = codecs.startsWith('mp4a');
  return { name, id, type: `${sound ? 'audio' : 'video'}/mp4; codecs="${codecs}"`, init: bytes,
    timescale: timescaleOf(bytes), sound };
}

/**
 * Watches tracks of a room until close() is called or told.lost() is. Resolves when there is
 * something to see or hear; rejects when nothing comes, when signal gives it up, or when it is to be
 * whole and a track is not there yet.
 * @param {string} room
 * @param {Pane[]} panes
 * @param {import('../../types').Told} told
 * @param {{ signal?: AbortSignal, whole?: boolean }} [opening]
 * @returns {Promise<Way>}
 */
export async function watchByWebsocket(room, panes, { lost, skipped, narrow }, { signal, whole = false } = {}) {
  const names = panes.flatMap((pane) => pane.tracks);
  const query = names.map((name) => `track=${encodeURIComponent(name)}`).join('&');
  const address = new URL(`/api/v1/live/${encodeURIComponent(room)}/ws?${query}`, location.href);
  address.protocol = address.protocol.replace('http', 'ws');
  const socket = new WebSocket(address);
  socket.binaryType = 'arraybuffer';
  let edge = new Edge(0);
  const pace = new Pace(nowSeconds());
  /** @type {MsePlayer[]} */
  let players = [];
  /** @type {Map<number, Known & { player: MsePlayer, place: number }>} */
  const known = new Map();
  /** @type {Map<string, number>} where the chunks of a track go: the id it had at first */
  const places = new Map();
  let silence = 0;
  let steering = 0;
  let over = false;
  let zero = 0; // of the lesson, on our clock
  let received = 0;
  let giveUp = () => {};

  function close() {
    over = true;
    clearTimeout(silence);
    clearInterval(steering);
    socket.close();
    players.forEach((player) => player.close());
  }

  /** @param {Greeted[]} tracks */
  function greet(tracks) {
    const found = tracks.map(know);
    if (players.length === 0) {
      const hear = { stalled: () => pace.stalled(nowSeconds()), broken: () => giveUp() };
      players = panes.map((pane) => new MsePlayer(pane.element,
        pane.tracks.flatMap((name) => found.filter((one) => one.name === name)), hear));
    }
    for (const one of found) {
      const player = players[panes.findIndex((pane) => pane.tracks.includes(one.name))];
      const place = places.get(one.name) ?? one.id;
      if (places.has(one.name)) {
        player.push(place, one.init); // another format from here on, or the small twin, or that no more
      }
      places.set(one.name, place);
      known.set(one.id, { ...one, player, place });
    }
    return Promise.all(players.map((player) => player.ready));
  }

  /** @param {Uint8Array} bytes @param {number} at when they came, in seconds */
  function take(bytes, at) {
    const head = readChunk(bytes);
    const track = head && known.get(head.track);
    if (track) {
      const until = (head.ticks + (track.sound ? SOUND_FRAMES : 0)) / track.timescale;
      edge.arrived(track.place, until, at);
      track.player.push(track.place, bytes);
    }
  }

  function steer() {
    const now = nowSeconds();
    const at = edge.at(now);
    if (at !== null) {
      const goal = at - pace.at(now);
      players.forEach((player) => player.steer(goal, at));
    }
  }

  return new Promise((done, failed) => {
    const late = setTimeout(() => end(), GREETING_MS);
    let open = false;

    function end() {
      clearTimeout(late);
      signal?.removeEventListener('abort', end);
      if (!over) {
        close();
        if (open) {
          lost();
        } else {
          failed(new Error('no WebSocket'));
        }
      }
    }

    /** @type {(() => void)[]} */
    let early = []; // what comes before the elements are ready
    let ready = false;

    giveUp = end;
    signal?.addEventListener('abort', end);
    socket.onclose = end;
    socket.onmessage = ({ data }) => {
      if (over) {
        return; // what was under way
      }
      clearTimeout(silence);
      silence = setTimeout(end, SILENCE_MS);
      received++;
      if (typeof data !== 'string') {
        const bytes = new Uint8Array(data), at = nowSeconds();
        if (ready) {
          take(bytes, at);
        } else {
          early.push(() => take(bytes, at));
        }
        return;
      }
      const { tracks, now_ns: lessonNow, skip, narrow: isNarrow } = JSON.parse(data);
      if (lessonNow) {
        zero = nowSeconds() - seconds(lessonNow);
        edge = new Edge(seconds(lessonNow));
      }
      if (skip) {
        skipped(seconds(skip.to_ns - skip.from_ns));
      }
      if (isNarrow) {
        narrow();
      }
      if (tracks && players.length === 0 && whole && tracks.length < names.length) {
        end();
      } else if (tracks) {
        greet(tracks).then(() => {
          ready = true;
          early.forEach((one) => one());
          early = [];
          steering ||= setInterval(steer, STEER_MS);
          if (!open) {
            open = true;
            clearTimeout(late);
            signal?.removeEventListener('abort', end);
            done({ kind: 'websocket', close, received: async () => received,
              delay: async () => Math.max(0, nowSeconds() - zero - players[0].element.currentTime) });
          }
        });
      }
    };
  });
}
