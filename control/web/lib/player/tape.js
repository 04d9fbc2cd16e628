// SPDX-License-Identifier: GPL-3.0-or-later
// A track of a lesson as it lies on the server: its rows by time, its inits, its bytes.

import { ask, bytesOf, isRefused } from '../api.js';

/**
 * A chunk: where it lies and when it is shown (nanoseconds of lesson time).
 * @typedef {{ reel: Reel, offset: number, bytes: number, time: number, until: number, key: boolean }} Row
 * @typedef {{ number: number, codecs: string, init: string, media: string }} Reel
 */

const WINDOW_NS = 60e9; // of the index at a time

const AGAIN_MS = 1000;
const SILENT_MS = 10000; // a line on which so long nothing comes is given up, and another one tried
const GROWS_MS = 500;

/** @type {Map<string, Promise<Uint8Array<ArrayBuffer>>>} */
const inits = new Map();

/** @param {number} ms */
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/**
 * Again and again while the server or the line to it is away; rejects when nobody waits any more, or it is refused.
 * @template T
 * @param {(signal: AbortSignal, alive: () => void) => Promise<T>} fetchIt alive: something has come
 * @param {AbortSignal} signal
 * @returns {Promise<T>}
 */
export async function persist(fetchIt, signal) {
  for (;;) {
    signal.throwIfAborted();
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    let timer = setTimeout(stop, SILENT_MS);
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(stop, SILENT_MS);
    };
    signal.addEventListener('abort', stop);
    try {
      return await fetchIt(attempt.signal, alive);
    } catch (error) {
      if (signal.aborted || isRefused(error)) {
        throw error;
      }
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
    await sleep(AGAIN_MS);
  }
}

/**
 * The rows of a track from the key frame at or before a moment up to another, as they are wanted.
 * @param {string} lesson @param {string} track
 * @param {number} from nanoseconds
 * @param {() => { to: number, grows: boolean }} end nanoseconds; grows: it may become later, and that is waited for
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<Row>}
 */
export async function* rowsOf(lesson, track, from, end, signal) {
  let last = -1;
  for (let at = from; !signal.aborted;) {
    const { to, grows } = end();
    const until = Math.min(to, at + WINDOW_NS);
    const path = `/recordings/${lesson}/tracks/${track}/index?from=${Math.floor(at)}&to=${Math.ceil(until)}`;
    const { reels, next_ns: next, ended, end_ns: known } = at < to
      ? await persist((one) => ask('GET', path, undefined, one), signal) : { reels: [], next_ns: null, ended: false, end_ns: at };
    for (const reel of reels) {
      for (const [offset, bytes, time, duration, flags] of reel.rows) {
        if (time > last && time < to) { // windows overlap by a segment
          last = time;
          yield { reel, offset, bytes, time, until: time + duration, key: (flags & 1) === 1 };
        }
      }
    }
    const found = Math.min(to, next ?? (ended ? until : Math.min(until, known)));
    const isAll = found <= at || found >= to;
    if (isAll && !grows) {
      return;
    }
    if (isAll) {
      await sleep(GROWS_MS);
    }
    at = Math.max(at, found);
  }
}

/** What begins a reel. @param {Reel} reel @param {AbortSignal} signal @param {() => void} alive */
export function initOf({ init }, signal, alive) {
  let found = inits.get(init);
  if (!found) {
    found = bytesOf(init, null, signal, alive).catch((error) => {
      inits.delete(init);
      throw error;
    });
    inits.set(init, found);
  }
  return found;
}
