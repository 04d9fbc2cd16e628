// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the time line shows of a lesson, fetched as far as it is looked at: first the whole lesson
 * coarsely, then what is in sight. Bytes: some 25 KB a waveform, 10 KB a thumbnail.
 */

import { ask, exchange, isRefused } from '../api.js';
import { edgesOf, NEAR_NS, SLIDE_NS } from './mark.js';
import { neighbour } from './snap.js';

/** @typedef {import('../../types').Wave} Wave */
/** @typedef {{ time_ns: number, picture: ImageBitmap }} Thumb */

const POINTS = 2000;
const FINE_NS = 5e9; // thumbnails are no nearer to each other
const AROUND_NS = 2e9; // of the index at first
const SHEET_HEAD = 12; // docs/api.yaml: time, bytes

/** @param {string} lesson @param {string} track */
const address = (lesson, track) => `/recordings/${lesson}/tracks/${track}`;

/** @param {string} lesson @param {string} track @param {number} from_ns @param {number} to_ns @returns {Promise<Wave>} */
export const fetchWave = (lesson, track, from_ns, to_ns) =>
  ask('GET', `${address(lesson, track)}/waveform?from=${from_ns}&to=${to_ns}&points=${POINTS}`);

/** The pictures of a sheet. @param {ArrayBuffer} bytes @returns {{ time_ns: number, jpeg: Blob }[]} */
export function readSheet(bytes) {
  const view = new DataView(bytes);
  const found = [];
  for (let at = 0; at + SHEET_HEAD <= bytes.byteLength;) {
    const n = view.getUint32(at + 8);
    const jpeg = new Blob([bytes.slice(at + SHEET_HEAD, at + SHEET_HEAD + n)], { type: 'image/jpeg' });
    found.push({ time_ns: Number(view.getBigInt64(at)), jpeg });
    at += SHEET_HEAD + n;
  }
  return found;
}

/**
 * Thumbnails of a track, kept while the page is open.
 * @param {string} lesson
 * @param {string} track
 * @param {() => void} come some more are there
 */
export function newThumbs(lesson, track, come) {
  /** @type {Thumb[]} in order */
  let thumbs = [];
  /** @type {{ from_ns: number, to_ns: number, step_ns: number }[]} what was asked for */
  const asked = [];

  return {
    /** Fetches count of them between two times, unless they are there; rejects with a Fault. @param {number} from_ns @param {number} to_ns @param {number} count */
    async want(from_ns, to_ns, count) {
      const step_ns = (to_ns - from_ns) / count;
      if (asked.some((one) => one.from_ns <= from_ns && one.to_ns >= to_ns && one.step_ns <= Math.max(1.5 * step_ns, FINE_NS))) {
        return;
      }
      const wish = { from_ns, to_ns, step_ns };
      asked.push(wish);
      try {
        const response = await exchange('GET', `${address(lesson, track)}/thumbs?from=${from_ns}&to=${to_ns}&count=${count}`);
        const known = new Set(thumbs.map((one) => one.time_ns));
        const fresh = readSheet(await response.arrayBuffer()).filter((one) => !known.has(one.time_ns));
        const more = await Promise.all(fresh.map(async ({ time_ns, jpeg }) => ({ time_ns, picture: await createImageBitmap(jpeg) })));
        thumbs = [...thumbs, ...more].sort((a, b) => a.time_ns - b.time_ns);
        come();
      } catch (error) {
        if (!isRefused(error)) {
          asked.splice(asked.indexOf(wish), 1);
        }
        throw error;
      }
    },
    /** The last one at or before a time, or the first one. @param {number} time_ns */
    at(time_ns) {
      let found = thumbs[0];
      for (const one of thumbs) {
        if (one.time_ns > time_ns) {
          break;
        }
        found = one;
      }
      return found?.picture;
    },
  };
}

/**
 * The picture of a track behind (way 1) or before (way -1) the one that is seen at a moment, however long one stands;
 * undefined: none.
 * @param {string} lesson
 * @param {string} track
 * @param {number} time_ns
 * @param {1 | -1} way
 * @param {number} length_ns of the lesson
 */
export async function fetchFrame(lesson, track, time_ns, way, length_ns) {
  for (let around = AROUND_NS; ; around *= 8) {
    const from = Math.max(0, Math.round(time_ns - (way < 0 ? around : AROUND_NS)));
    const to = Math.min(length_ns, Math.round(time_ns + (way > 0 ? around : AROUND_NS)));
    const times = await fetchTimes(lesson, track, from, to);
    const seen = neighbour(time_ns + NEAR_NS, times, -1);
    const found = neighbour(way < 0 ? seen ?? 0 : time_ns + NEAR_NS, times, way);
    if (found !== undefined || (way < 0 ? from === 0 : to === length_ns)) {
      return found;
    }
  }
}

/**
 * The last picture of a track that begins in a part of a lesson; undefined: none.
 * @param {string} lesson
 * @param {string} track
 * @param {{ from: number, to: number }} part
 */
export async function fetchLast(lesson, track, { from, to }) {
  for (let around = AROUND_NS; ; around *= 8) {
    const begin = Math.max(from, to - around);
    const times = await fetchTimes(lesson, track, begin, to);
    const found = neighbour(to, times.filter((time) => time >= from), -1);
    if (found !== undefined || begin === from) {
      return found;
    }
  }
}

/**
 * Begin and end of the picture of a track that is seen at a moment.
 * @param {string} lesson
 * @param {string} track
 * @param {number} time_ns
 * @param {import('./mark.js').Edges} piece what of the lesson is played
 * @param {number} clock_ns the moment of the press
 */
export async function fetchEdges(lesson, track, time_ns, piece, clock_ns) {
  const times = await fetchTimes(lesson, track, Math.max(0, time_ns - SLIDE_NS), time_ns + SLIDE_NS);
  return edgesOf(times, time_ns, piece, clock_ns);
}

/** @param {string} lesson @param {string} track @param {number} from_ns @param {number} to_ns @returns {Promise<number[]>} */
async function fetchTimes(lesson, track, from_ns, to_ns) {
  /** @type {number[]} */
  const times = [];
  for (let from = from_ns; from < to_ns;) {
    const { reels, next_ns: next } = await ask('GET', `${address(lesson, track)}/index?from=${from}&to=${to_ns}`);
    times.push(...reels.flatMap((/** @type {{ rows: number[][] }} */ reel) => reel.rows.map((row) => row[2])));
    from = next ?? to_ns; // a long part comes in several
  }
  return times;
}
