// SPDX-License-Identifier: GPL-3.0-or-later
import { useRef, useState } from '../vendor/preact.js';

/** @typedef {'from' | 'to'} Edge */
/** @typedef {{ of: string, from: number | null, to: number | null }} Part of: a lesson */

const PATIENCE_MS = 3000;
/** @type {Part} */
const NOTHING = { of: '', from: null, to: null };

/**
 * The begin and the end that people mark: there at once, as well as it is known, and put right when the true place is.
 * What is marked later is not undone by an earlier answer.
 * @param {(why: unknown) => void} missed there was no answer; what is marked stays
 */
export function useMarks(missed) {
  const [part, show] = useState(NOTHING);
  const now = useRef(NOTHING);
  const awaited = useRef(/** @type {Record<Edge, Promise<void> | null>} */ ({ from: null, to: null }));

  /** @param {Part} next */
  function put(next) {
    now.current = next;
    show(next);
  }

  return {
    /** As it is by now, even if it is not shown yet. */
    now: () => now.current,
    part,
    /** @param {Part} next */
    set(next = NOTHING) {
      awaited.current = { from: null, to: null };
      put(next);
    },
    /** @param {Edge} edge @param {Part} known @param {Promise<{ from: number, to: number }>} found */
    press(edge, known, found) {
      const answer = found.then((edges) => {
        if (awaited.current[edge] === answer && now.current[edge] !== null) {
          put({ ...now.current, [edge]: edges[edge] });
        }
      }, missed);
      awaited.current[edge] = answer;
      put(known);
    },
    /** What is marked, once it is right; on a line that is away what is known. */
    settled: () => Promise.race([Promise.all(Object.values(awaited.current)), new Promise((late) => setTimeout(late, PATIENCE_MS))])
      .then(() => now.current),
  };
}
