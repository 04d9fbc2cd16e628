// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Where a piece's chunks go on the player's own time line: clip time and a second, so that there is
 * room before it. Media Source's append window cannot begin a picture track between key frames: it
 * drops all up to the next one. So nothing is cut off: what a decoder needs from before the piece
 * gets one tick a picture just before its begin, where nobody sees it (docs/formats/clip.md). Pure.
 */

import { ticksFrom, ticksOf } from './plan.js';

/** @typedef {import('./plan.js').Planned} Planned */
/** @typedef {{ time: number, key: boolean }} Timed a picture in the index; time: ns of lesson time */

export const BEFORE_S = 1;
const BEFORE_NS = BEFORE_S * 1e9;
const STANDS_S = 0.1; // longer than this into a piece, and the picture that stands there is shown
const SAMPLES = 1024; // of a frame of sound

/**
 * Places of pictures: [{ tick, duration }] for rows, the first of which is a key frame at or before the piece's
 * begin, or inside it. next: when the picture behind the last of rows is shown (lesson time, ns); the
 * piece's end, or later, when there is none in it.
 * @param {Timed[]} rows
 * @param {Planned} piece
 * @param {number} next
 * @param {number} timescale
 */
export function placePictures(rows, { from, to, at }, next, timescale) {
  const begin = ticksOf(at + BEFORE_NS, timescale);
  const end = ticksOf(at + BEFORE_NS + to - from, timescale);
  const source = ticksFrom(from, timescale);
  const tickAt = (/** @type {number} */ time) => Math.min(end, begin + ticksOf(time, timescale) - source);
  let before = rows.findIndex(({ time }) => tickAt(time) >= begin);
  before = before < 0 ? rows.length : before;
  const first = before < rows.length ? rows[before].time : next;
  const stands = before > 0 && ticksOf(first, timescale) - source > timescale * STANDS_S;
  const starts = rows.map(({ time }, i) => {
    const shown = i - before + (stands ? 1 : 0); // 0: the first that is seen
    return shown < 0 ? begin + shown : shown === 0 && before > 0 ? begin : tickAt(time);
  });
  return starts.map((tick, i) => {
    const until = i + 1 < starts.length ? starts[i + 1] : tickAt(next);
    return { tick, duration: Math.max(1, until - tick) };
  });
}

/**
 * Of a piece's sound: what is added to the ticks of its chunks, and between which seconds of the
 * player's time line frames of it are heard. From piece to piece sound goes on frame by frame; no
 * frame is more than half of one off, and that never adds up.
 * @param {Planned} piece
 * @param {number} rate samples a second, which are its ticks
 */
export function placeSound({ from, to, at }, rate) {
  const frames = (/** @type {number} */ ns) => ticksOf(ns, rate) / SAMPLES;
  const first = Math.round(frames(at));
  const last = Math.round(frames(at + to - from));
  const source = Math.round(frames(from) + first - frames(at));
  const seconds = (/** @type {number} */ frame) => BEFORE_S + (frame * SAMPLES) / rate;
  return { shift: (first - source) * SAMPLES + BEFORE_S * rate, from: seconds(first), to: seconds(last) };
}
