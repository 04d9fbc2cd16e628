// SPDX-License-Identifier: GPL-3.0-or-later
// How far behind the edge of the lesson all elements of a page play: together, so that pictures and
// sound agree. More after one of them ran dry, a little less after each calm while.

const LEAST_S = 0.12; // sound comes in pieces of 43 ms, and Chromium wants 80 ms before it that it can stretch
const FIRST_S = 0.14;
const MOST_S = 1;
const STEP_S = 0.03;
const CALM_S = 30;

export class Pace {
  /** @param {number} now seconds */
  constructor(now) {
    this.delay = FIRST_S;
    this.since = now;
  }

  /** @param {number} now */
  stalled(now) {
    this.delay = Math.min(this.delay + STEP_S, MOST_S);
    this.since = now;
  }

  /** Seconds behind the edge. @param {number} now */
  at(now) {
    if (now - this.since > CALM_S) {
      this.delay = Math.max(this.delay - STEP_S, LEAST_S);
      this.since = now;
    }
    return this.delay;
  }
}
