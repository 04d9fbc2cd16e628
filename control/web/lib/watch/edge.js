// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * How far the lesson has come, as seen from here: the newest that could have arrived by now. Of each
 * track what came soonest after its time counts, over some seconds; the track that lags the most
 * decides, so that nothing is waited for that is still on its way.
 */

const WINDOW_S = 5;

export class Edge {
  constructor() {
    /** @type {Map<number, { since: number, best: number, before: number }>} */
    this.tracks = new Map();
  }

  /**
   * Something of a track that ends at lesson time until arrived now (both in seconds).
   * @param {number} track @param {number} until @param {number} now
   */
  arrived(track, until, now) {
    const lead = until - now;
    const one = this.tracks.get(track);
    if (!one) {
      this.tracks.set(track, { since: now, best: lead, before: lead });
    } else if (now - one.since > WINDOW_S) {
      this.tracks.set(track, { since: now, best: lead, before: one.best });
    } else {
      one.best = Math.max(one.best, lead);
    }
  }

  /**
   * Lesson time at the edge, in seconds; null: nothing has arrived.
   * @param {number} now
   */
  at(now) {
    const leads = [...this.tracks.values()].map(({ best, before }) => Math.max(best, before));
    return leads.length > 0 ? now + Math.min(...leads) : null;
  }
}
