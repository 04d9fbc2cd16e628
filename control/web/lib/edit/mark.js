// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Where a begin and an end that people mark lie: at the picture that they see, which is the first or
 * the last one that is kept (docs/formats/cut.md: a picture belongs to a range when from <= its time < to).
 * Pure; nanoseconds.
 */

import { neighbour } from './snap.js';

/** Where what is marked would begin, and where it would end. @typedef {{ from: number, to: number }} Edges */

export const NEAR_NS = 1000; // a player's clock rounds
export const SLIDE_NS = 250e6; // what stands for longer is a slide: it is cut anywhere
const PICTURE_NS = 40e6; // so long one that stands is
const EARLY_NS = 100e6; // a piece's first picture may be shown so much before its time (docs/formats/cut.md)

/** Before anybody knows when pictures begin and end. @param {number} at @param {number} length of the lesson @returns {Edges} */
export const guessed = (at, length) => ({ from: at, to: Math.min(at + PICTURE_NS, length) });

/**
 * Begin and end of the picture that is seen at a moment.
 * @param {number[]} times when pictures begin, in order: those from SLIDE_NS before the moment to SLIDE_NS behind it, or more
 * @param {number} at the moment
 * @param {Edges} piece what of the lesson is played
 * @param {number} clock the moment of the press, which may be behind the begin of what is seen: where one stands, it is meant
 * @returns {Edges}
 */
export function edgesOf(times, at, { from, to }, clock = at) {
  const own = times.filter((time) => time >= from && time < to);
  if (own.length > 0 && own[0] - from <= EARLY_NS) {
    own[0] = from;
  }
  const begin = neighbour(at + NEAR_NS, own, -1);
  const end = neighbour(at + NEAR_NS, own, 1) ?? to;
  return begin !== undefined && end - begin <= SLIDE_NS ? { from: begin, to: end } : guessed(Math.max(at, Math.min(clock, end)), end);
}

/**
 * Is a mark meant for the moment itself, whatever is seen? So it is where a mark, a slide or a piece begins; but what
 * begins there does not end there, and who stepped there by pictures looks at them: then the picture is meant.
 * @param {number} at @param {number[]} moments @param {'from' | 'to'} edge
 * @param {{ from: number | null, stepped: number | null }} others where what is marked begins, and where the last step by one picture went
 */
export const isExact = (at, moments, edge, { from, stepped }) => at !== stepped && moments.includes(at) && (edge === 'from' || from !== at);
