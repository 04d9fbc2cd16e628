// SPDX-License-Identifier: GPL-3.0-or-later
import { useEffect, useRef, useState } from '../vendor/preact.js';
import { untilReached } from '../lib/reach.js';
import { NoWay, openWay } from '../lib/watch/way.js';

/** @typedef {import('../types').Pane} Pane */
/** @typedef {import('../types').Way} Way */
/** @typedef {import('../types').WhyNot} WhyNot */
/** @typedef {{ step: 'off' | 'opening' | 'open' | 'failed', way: Way | null, whyNot: WhyNot[] }} Watching */

const AGAIN_MS = 300; // what was lost
const FAILED_AGAIN_MS = 1000;
const BRIEF_MS = 5000; // what breaks so soon after it was opened breaks again

/** @type {Watching} */
const OFF = { step: 'off', way: null, whyNot: [] };

/**
 * Keeps a way open to the tracks of panes at a moment (null: to nothing), and opens it again when it
 * is lost and the server answers. element finds a pane's element, which is there after each
 * rendering. reopen() does so at once; skipped is told of what was left out, narrow that the line
 * carries no pictures this way.
 * @param {{ room: string, panes: string[][], moment: import('../types').Moment | null,
 *   element: (name: string) => HTMLVideoElement, skipped: (seconds: number) => void, narrow: () => void }} wishes
 */
export function useWay({ room, panes, moment, element, skipped, narrow }) {
  const [state, setState] = useState(OFF);
  const [round, setRound] = useState(0);
  const before = useRef(Promise.resolve()); // two openings never share an element
  useEffect(() => {
    if (!moment || panes.length === 0) {
      setState(OFF);
      return undefined;
    }
    const wanted = moment;
    const end = new AbortController();
    let timer = 0;
    let openedMs = 0;
    /** @type {Way | null} */
    let way = null;

    /** @param {Partial<Watching>} change @param {number} ms */
    function again(change, ms) {
      if (!end.signal.aborted) {
        end.abort();
        setState({ ...OFF, ...change });
        timer = setTimeout(() => setRound((n) => n + 1), ms);
      }
    }

    setState((now) => ({ ...now, step: now.step === 'failed' ? 'failed' : 'opening', way: null }));
    const filled = panes.map((tracks) => ({ element: element(tracks[0]), tracks }));

    function lost() {
      if (performance.now() - openedMs < BRIEF_MS) {
        again({ step: 'failed' }, FAILED_AGAIN_MS);
      } else {
        again({ step: 'opening' }, AGAIN_MS);
      }
    }

    async function open() {
      if (round > 0 && !(await untilReached(`/api/v1/live/${encodeURIComponent(room)}`, end.signal))) {
        return;
      }
      try {
        const told = { lost, skipped, narrow };
        const found = await openWay(room, filled, told, wanted, end.signal);
        if (end.signal.aborted) {
          found.way.close();
        } else {
          way = found.way;
          openedMs = performance.now();
          setState({ step: 'open', ...found });
        }
      } catch (error) {
        again({ step: 'failed', whyNot: error instanceof NoWay ? error.whyNot : [] }, FAILED_AGAIN_MS);
      }
    }

    before.current = before.current.then(() => (end.signal.aborted ? undefined : open()));
    return () => {
      end.abort();
      clearTimeout(timer);
      way?.close();
    };
  }, [room, moment, round, panes.join('|')]);
  return { ...state, reopen: () => setRound((n) => n + 1) };
}
