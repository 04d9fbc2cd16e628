// SPDX-License-Identifier: GPL-3.0-or-later
import { useEffect, useRef, useState } from '../../vendor/preact.js';
import { NoWay, openWay } from '../../lib/watch/way.js';

/** @typedef {import('../../types').Pane} Pane */
/** @typedef {import('../../types').Way} Way */
/** @typedef {import('../../types').WhyNot} WhyNot */
/** @typedef {{ step: 'off' | 'opening' | 'open' | 'failed', way: Way | null, whyNot: WhyNot[] }} Watching */

const AGAIN_MS = 500; // what was lost
const FAILED_AGAIN_MS = 2000;

/** @type {Watching} */
const OFF = { step: 'off', way: null, whyNot: [] };

/**
 * Keeps a way open to the tracks of panes at a moment (null: to nothing), and opens it again when it
 * is lost. element finds a pane's element, which is there after each rendering. reopen() does so at once.
 * @param {{ room: string, panes: string[][], moment: import('../../types').Moment | null,
 *   element: (name: string) => HTMLVideoElement }} wishes
 */
export function useWay({ room, panes, moment, element }) {
  const [state, setState] = useState(OFF);
  const [round, setRound] = useState(0);
  const before = useRef(Promise.resolve()); // two openings never share an element
  useEffect(() => {
    if (!moment || panes.length === 0) {
      setState(OFF);
      return undefined;
    }
    const wanted = moment;
    let over = false;
    let timer = 0;
    /** @type {Way | null} */
    let way = null;

    /** @param {Partial<Watching>} change @param {number} ms */
    function again(change, ms) {
      if (!over) {
        over = true;
        setState({ ...OFF, ...change });
        timer = setTimeout(() => setRound((n) => n + 1), ms);
      }
    }

    setState((now) => ({ ...now, step: now.step === 'failed' ? 'failed' : 'opening', way: null }));
    const filled = panes.map((tracks) => ({ element: element(tracks[0]), tracks }));

    async function open() {
      try {
        const found = over ? null : await openWay(room, filled, () => again({ step: 'opening' }, AGAIN_MS), wanted);
        if (over) {
          found?.way.close();
        } else if (found) {
          way = found.way;
          setState({ step: 'open', ...found });
        }
      } catch (error) {
        again({ step: 'failed', whyNot: error instanceof NoWay ? error.whyNot : [] }, FAILED_AGAIN_MS);
      }
    }

    before.current = before.current.then(open);
    return () => {
      over = true;
      clearTimeout(timer);
      way?.close();
    };
  }, [room, moment, round, panes.join('|')]);
  return { ...state, reopen: () => setRound((n) => n + 1) };
}
