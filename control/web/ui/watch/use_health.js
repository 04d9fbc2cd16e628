// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Whether what is live goes on:
 *
 *   well --nothing comes--> silent --it comes again, or the way is opened anew--> well
 *     '---the pictures stand though it comes--> still --they move again, or anew--> well
 *
 * By WebRTC the server ends pictures that a line does not carry, and begins them again when it does:
 * nothing of those comes, though sound or others do. That is no reason to open the way anew, which
 * would only fill the line again.
 */

import { useEffect, useRef, useState } from '../../vendor/preact.js';
import { untilReached } from '../../lib/reach.js';

/** @typedef {import('../../types').Way} Way */

/** @param {number} ms */
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

const LOOK_MS = 250;
const SILENT_MS = 1500; // sound comes each 40 ms
const OFFLINE_MS = 500; // when the browser itself says that there is no network
const SELDOM_MS = 3000; // a screen on which nothing moves: one picture a second
const STILL_MS = 3000;
const STUCK_MS = 4500; // since when nothing moved, although the server can be reached
const SETTLES_MS = 13000; // by WebRTC: until a line that became narrow has small pictures, or none
const BACK_MS = 300; // what waited in the network comes by itself
const MOVING_MS = 500; // and the pictures move on

/**
 * Looks after an open way (null: nothing is to be looked after). reopen is called when it does not
 * mend itself: soon after a server that was away answers again, later when it was there all the time.
 * @param {{ way: Way | null, probe: string, seldom: boolean, pictures: (() => number) | null,
 *   reopen: () => void }} wishes pictures counts those shown; null: there are none to see
 * @returns {{ health: 'well' | 'silent' | 'still', ended: string[] }} ended: those that
 *   the server has ended
 */
export function useHealth({ way, probe, seldom, pictures, reopen }) {
  const [health, setHealth] = useState(/** @type {'well' | 'silent' | 'still'} */ ('well'));
  const [ended, setEnded] = useState(/** @type {string[]} */ ([]));
  const now = useRef({ pictures, reopen });
  now.current = { pictures, reopen };
  useEffect(() => {
    setHealth('well');
    setEnded([]);
    const received = way?.received;
    const sent = way?.pictures;
    if (!received) {
      return undefined;
    }
    const end = new AbortController();
    const heard = { count: -1, at: performance.now() };
    const seen = { count: -1, at: performance.now() };
    /** @type {Map<string, typeof heard>} */
    const came = new Map();
    let asking = false;

    /** @param {typeof heard} what @param {number} count */
    function note(what, count) {
      if (count !== what.count || document.hidden) {
        what.count = count;
        what.at = performance.now();
      }
      return performance.now() - what.at;
    }

    async function findEnded() {
      const counts = await sent?.().catch(() => null);
      return [...counts || []].filter(([name, count]) => {
        const what = came.get(name) || { count: -1, at: 0 };
        came.set(name, what);
        return note(what, count) > STILL_MS && count > 0;
      }).map(([name]) => name);
    }

    async function mend() {
      let away = false;
      asking = true;
      await untilReached(probe, end.signal, () => {
        away = true;
      });
      if (away) {
        await wait(BACK_MS);
        const comes = performance.now() - heard.at < BACK_MS;
        await wait(comes ? MOVING_MS : 0);
        const moves = seldom || performance.now() - seen.at < BACK_MS;
        if (!end.signal.aborted && !(comes && moves)) {
          now.current.reopen();
        }
      }
      asking = false;
    }

    async function look() {
      const count = await /** @type {() => Promise<number>} */ (received)().catch(() => -1);
      const silent = note(heard, count);
      const gone = await findEnded();
      if (gone.length > 0) {
        seen.count = -1; // they stand, and rightly so
      }
      const stood = note(seen, now.current.pictures ? now.current.pictures() : count);
      if (end.signal.aborted) {
        return;
      }
      const isSilent = silent > (!navigator.onLine ? OFFLINE_MS : seldom ? SELDOM_MS : SILENT_MS);
      setEnded((before) => (isSilent || before.join() === gone.join() ? before : gone));
      setHealth(isSilent ? 'silent' : stood > STILL_MS ? 'still' : 'well');
      if (isSilent && !asking) {
        mend();
      }
      if (!asking && (silent > STUCK_MS || stood > (sent ? SETTLES_MS : STUCK_MS))) {
        now.current.reopen();
      }
    }

    const timer = setInterval(look, LOOK_MS);
    return () => {
      end.abort();
      clearInterval(timer);
    };
  }, [way, probe, seldom]);
  return { health, ended };
}
