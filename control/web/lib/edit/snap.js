// SPDX-License-Identifier: GPL-3.0-or-later
// Moments worth cutting at: marks, slide changes, silence, edges. Pure; nanoseconds.

/** @typedef {import('../../types').Wave} Wave */

const QUIET = 3; // of 127: -32 dB below full scale
const SILENCE_NS = 350e6;
const RESOLUTION_NS = 100e6; // what shows less says nothing about silence

/** The middles of what is silent. @param {Wave} wave */
export function silences({ from_ns, to_ns, peaks }) {
  const step = (2 * (to_ns - from_ns)) / peaks.length;
  /** @type {number[]} */
  const found = [];
  if (!(step <= RESOLUTION_NS)) {
    return found;
  }
  let begin = -1; // point at which it became silent
  for (let i = 0; i <= peaks.length / 2; i++) {
    const quiet = 2 * i < peaks.length && peaks[2 * i] >= -QUIET && peaks[2 * i + 1] <= QUIET;
    if (quiet && begin < 0) {
      begin = i;
    } else if (!quiet && begin >= 0) {
      if ((i - begin) * step >= SILENCE_NS) {
        found.push(Math.round(from_ns + ((begin + i) / 2) * step));
      }
      begin = -1;
    }
  }
  return found;
}

/**
 * The nearest of the moments, or the time itself when none is near.
 * @param {number} time_ns
 * @param {number[]} moments
 * @param {number} near_ns
 */
export function snap(time_ns, moments, near_ns) {
  let best = time_ns;
  let distance = near_ns;
  for (const moment of moments) {
    if (Math.abs(moment - time_ns) <= distance) {
      distance = Math.abs(moment - time_ns);
      best = moment;
    }
  }
  return best;
}

/** The moment behind (way 1) or before (way -1) a time; undefined: none. @param {number} time_ns @param {number[]} moments @param {number} way */
export function neighbour(time_ns, moments, way) {
  const beyond = moments.filter((one) => (one - time_ns) * way > 0);
  return beyond.length > 0 ? beyond.reduce((a, b) => ((b - a) * way < 0 ? b : a)) : undefined;
}
