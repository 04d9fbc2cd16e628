// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * How far the lesson has come, as seen from here: the newest that could have arrived by now. Of each
 * track what came soonest after its time counts, over some seconds; the track that lags the most
 * decides, so that nothing is waited for that is still on its way. What a joiner is given of before
 * it came says nothing of that, and counts only until something else does.
 */

const WINDOW_S = 5;

/** @typedef {{ since: number, best: number, before: number }} Lead */

export class Edge {
  /** @param {number} joined lesson time in seconds: what ends before it was kept for us */
  constructor(joined) {
    this.joined = joined;
    /** @type {Map<number, Lead>} */
    this.kept = new Map();
    /** @type {Map<number, Lead>} */
    this.fresh = new Map();
  }

  /**
   * Something of a track that ends at lesson time until arrived now (both in seconds).
   * @param {number} track @param {number} until @param {number} now
   */
  arrived(track, until, now) {
    const tracks = until < this.joined ? this.kept : this.fresh;
    const lead = until - now;
    const one = tracks.get(track);
    if (!one) {
      tracks.set(track, { since: now, best: lead, before: lead });
    } else if (now - one.since > WINDOW_S) {
      tracks.set(track, { since: now, best: lead, before: one.best });
    } else {
      one.best = Math.max(one.best, lead);
    }
  }

  /**
   * Lesson time at the edge, in seconds; null: nothing has arrived.
   * @param {number} now
   */
  at(now) {
    const tracks = this.fresh.size > 0 ? this.fresh : this.kept;
    const leads = [...tracks.values()].map(({ best, before }) => Math.max(best, before));
    return leads.length > 0 ? now + Math.min(...leads) : null;
  }
}
