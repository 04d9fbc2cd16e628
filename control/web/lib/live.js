// SPDX-License-Identifier: GPL-3.0-or-later
// The rooms as the server tells them, and whether it still does. While a stream is open the
// recorders hold their sources open, so a page nobody sees lets go of it after a while.

import { ask } from './api.js';
import { listen } from './events.js';

/** @typedef {import('../types').Live} Live */
/** @typedef {import('../types').Job} Job */

const UNSEEN_MS = 60000;

/**
 * Calls told at every change until the returned function is called.
 * @param {(live: Live) => void} told
 */
export function follow(told) {
  /** @type {Live} */
  let live = { rooms: null, link: 'opening', at: new Date(), recordings: 0, jobs: [] };
  /** @type {(() => void) | null} */
  let close = null;
  let unseen = 0;

  /** @param {Partial<Live>} change */
  function tell(change) {
    live = { ...live, ...change };
    told(live);
  }

  /** @param {Job & { gone?: boolean }} job */
  function takeJob(job) {
    const others = live.jobs.filter((one) => one.id !== job.id);
    tell({ jobs: job.gone ? others : [job, ...others].sort((a, b) => (a.created < b.created ? 1 : -1)) });
  }

  /** What changed while nobody told. */
  const askForJobs = () => ask('GET', '/jobs').then(({ jobs }) => tell({ jobs }), () => {}); // asked again with the next stream

  const open = () => listen({
    address: '/api/v1/events',
    probe: '/api/v1/rooms',
    on: {
      rooms: ({ rooms }) => tell({ rooms, at: new Date() }),
      recordings: () => tell({ recordings: live.recordings + 1 }),
      job: takeJob,
    },
    link: (state) => {
      tell({ link: state === 'open' ? 'open' : 'lost', recordings: live.recordings + (state === 'open' ? 1 : 0) });
      if (state === 'open') {
        askForJobs();
      }
    },
  });

  function letGo() {
    close?.();
    close = null;
  }

  function seen() {
    clearTimeout(unseen);
    if (document.hidden) {
      unseen = setTimeout(letGo, UNSEEN_MS);
    } else {
      close ??= open();
    }
  }

  document.addEventListener('visibilitychange', seen);
  close = open();
  return () => {
    document.removeEventListener('visibilitychange', seen);
    clearTimeout(unseen);
    letGo();
  };
}
