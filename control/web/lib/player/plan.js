// SPDX-License-Identifier: GPL-3.0-or-later
// What a player plays: pieces of lessons one after the other, a lesson being one piece of itself. Pure.

/** @typedef {import('../../types').Piece} Piece */

/**
 * A piece and its place. Nanoseconds: of lesson time (from, to) and of clip time (at).
 * @typedef {{ lesson: string, from: number, to: number, at: number, picture?: Piece['picture'] }} Planned
 * grows: the lesson is still recorded, and its only piece becomes longer; recorded: when it was known to be, last (ms).
 * @typedef {{ pieces: Planned[], length: number, grows: boolean, recorded: number }} Plan
 */

/** @param {Piece[]} pieces @returns {Plan} */
export function planOf(pieces) {
  let length = 0;
  const planned = pieces.map(({ lesson, from_ns: from, to_ns: to, picture }) => {
    const at = length;
    length += to - from;
    return { lesson, from, to, at, picture };
  });
  return { pieces: planned, length, grows: false, recorded: -Infinity };
}

const AWAY_MS = 60000;

/**
 * What is known of a lesson that is its own only piece by now. While it is recorded its pictures are to stand longer than
 * they do in the end. What was broken off goes on by itself, as soon as what died is back: it has not ended for some time.
 * @param {Plan} plan
 * @param {Pick<import('../../types').Item, 'duration_ns' | 'recording' | 'lesson_state'>} found
 * @param {number} now ms
 */
export function grow(plan, { duration_ns: length, recording, lesson_state: state }, now) {
  const [piece] = plan.pieces;
  plan.recorded = recording ? now : plan.recorded;
  plan.grows = recording || (state !== 'ended' && now - plan.recorded < AWAY_MS);
  piece.to = plan.grows ? Math.max(piece.to, length) : length;
  plan.length = piece.to;
}

/**
 * Which piece clip time is in; behind the end the last one.
 * @param {Plan} plan @param {number} time nanoseconds
 */
export function pieceAt({ pieces }, time) {
  let [low, high] = [0, pieces.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (pieces[middle].at <= time) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

/** Where in its lesson clip time is. @param {Plan} plan @param {number} time nanoseconds */
export function lessonTime(plan, time) {
  const { lesson, from, at } = plan.pieces[pieceAt(plan, time)];
  return { lesson, time: from + time - at };
}

const PICTURE_NS = 5e9; // there is a small picture at least so often

/**
 * When a small picture shows what begins at clip time: the first one is there soon, and pictures are asked
 * for by "the last at or before".
 * @param {Plan} plan @param {number} time nanoseconds
 */
export function pictureTime(plan, time) {
  const { lesson, time: begin } = lessonTime(plan, time);
  const { to } = plan.pieces[pieceAt(plan, time)];
  return { lesson, time: Math.max(begin, Math.min(begin + PICTURE_NS, to - 1)) };
}

/**
 * Where in the clip a moment of a lesson is first shown; null: nowhere.
 * @param {Plan} plan @param {string} lesson @param {number} time nanoseconds
 */
export function clipTime({ pieces }, lesson, time) {
  const piece = pieces.find((one) => one.lesson === lesson && one.from <= time && time < one.to);
  return piece ? piece.at + time - piece.from : null;
}

/**
 * What of a clip a stretch of it is, as pieces of lessons.
 * @param {Plan} plan @param {number} from @param {number} to nanoseconds
 * @returns {Piece[]}
 */
export function stretch({ pieces }, from, to) {
  return pieces.flatMap(({ lesson, from: begin, to: end, at, picture }) => {
    const first = Math.max(begin, begin + from - at);
    const last = Math.min(end, begin + to - at);
    return first < last ? [{ lesson, from_ns: first, to_ns: last, ...(picture && { picture }) }] : [];
  });
}

/** Ticks of nanoseconds, exact where both are below 2^53. @param {number} ns @param {number} timescale */
export const ticksOf = (ns, timescale) =>
  Math.floor(ns / 1e9) * timescale + Math.round(((ns % 1e9) * timescale) / 1e9);

/** The first tick that is not before nanoseconds, as a cut's (lct_ticks_from). @param {number} ns @param {number} timescale */
export function ticksFrom(ns, timescale) {
  const nearest = ticksOf(ns, timescale);
  return nearest + (nanosecondsOf(nearest, timescale) < ns ? 1 : 0);
}

/** @param {number} ticks @param {number} timescale */
const nanosecondsOf = (ticks, timescale) =>
  Math.floor(ticks / timescale) * 1e9 + Math.round(((ticks % timescale) * 1e9) / timescale);
