// SPDX-License-Identifier: GPL-3.0-or-later
// A track of a lesson as it lies on the server: its rows by time, its inits, its bytes.

import { ask, Fault } from '../api.js';

/**
 * A chunk: where it lies and when it is shown (nanoseconds of lesson time).
 * @typedef {{ reel: Reel, offset: number, bytes: number, time: number, until: number, key: boolean }} Row
 * @typedef {{ number: number, codecs: string, init: string, media: string }} Reel
 */

const WINDOW_NS = 60e9; // of the index at a time

const AGAIN_MS = 1000;
const TRIES = 20;

/** @type {Map<string, Promise<Uint8Array<ArrayBuffer>>>} */
const inits = new Map();

/**
 * Again while the server is away.
 * @template T
 * @param {() => Promise<T>} fetchIt @param {AbortSignal} signal
 * @returns {Promise<T>}
 */
export async function persist(fetchIt, signal) {
  for (let tries = 1; ; tries++) {
    try {
      return await fetchIt();
    } catch (error) {
      if (signal.aborted || tries === TRIES || (error instanceof Fault && error.text.code !== 'unreachable')) {
        throw error;
      }
      await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  }
}

/**
 * The rows of a track from the key frame at or before a moment up to another, as they are wanted.
 * @param {string} lesson @param {string} track
 * @param {number} from @param {number} to nanoseconds
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<Row>}
 */
export async function* rowsOf(lesson, track, from, to, signal) {
  let last = -1;
  for (let at = from; at < to;) {
    const until = Math.min(to, at + WINDOW_NS);
    const path = `/recordings/${lesson}/tracks/${track}/index?from=${Math.floor(at)}&to=${Math.ceil(until)}`;
    const { reels, next_ns: next } = await persist(() => ask('GET', path, undefined, signal), signal);
    for (const reel of reels) {
      for (const [offset, bytes, time, duration, flags] of reel.rows) {
        if (time > last) { // windows overlap by a segment
          last = time;
          yield { reel, offset, bytes, time, until: time + duration, key: (flags & 1) === 1 };
        }
      }
    }
    at = next ?? until;
  }
}

/** What begins a reel. @param {Reel} reel */
export function initOf({ init }) {
  let found = inits.get(init);
  if (!found) {
    found = bytesOf(init).catch((error) => {
      inits.delete(init);
      throw error;
    });
    inits.set(init, found);
  }
  return found;
}

/**
 * Bytes of a file of the server's; from on to before to, if only these.
 * @param {string} address @param {{ from: number, to: number, signal: AbortSignal }} [range]
 */
export async function bytesOf(address, range) {
  const response = await fetch(address, {
    credentials: 'same-origin',
    headers: range ? { Range: `bytes=${range.from}-${range.to - 1}` } : {},
    signal: range?.signal,
  });
  if (!response.ok) {
    throw new Error(`${address}: ${response.status}`);
  }
  return new Uint8Array(await response.arrayBuffer());
}
