// SPDX-License-Identifier: GPL-3.0-or-later
// A room as its viewers may know it.

import { listen } from '../events.js';

/** @typedef {import('../../types').LiveRoom} LiveRoom */
/** @typedef {import('../../types').Followed} Followed */

/**
 * Calls told at every change until the returned function is called.
 * @param {string} id
 * @param {(followed: Followed) => void} told
 */
export function followRoom(id, told) {
  const address = `/api/v1/live/${encodeURIComponent(id)}`;
  /** @type {Followed} */
  let followed = { room: null, link: 'opening', zeroMs: 0, refused: null };

  /** @param {Partial<Followed>} change */
  function tell(change) {
    followed = { ...followed, ...change };
    told(followed);
  }

  return listen({
    address: `${address}/events`,
    probe: address,
    on: { live: (/** @type {LiveRoom} */ room) => tell({ room, zeroMs: performance.now() - room.elapsed_ns / 1e6 }) },
    link: (link) => tell({ link }),
    refused: (refused) => tell({ refused }),
  });
}
