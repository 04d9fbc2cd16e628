// SPDX-License-Identifier: GPL-3.0-or-later
import { useRef, useState } from '../vendor/preact.js';
import { guessed, isExact } from '../lib/edit/mark.js';

/** @typedef {'from' | 'to'} Edge */
/** @typedef {import('../lib/edit/mark.js').Edges} Edges */
/** @typedef {{ of: string, from: number | null, to: number | null }} Part of: a lesson */
/** @typedef {Record<Edge, Promise<number | null> | null>} Answers null: there was none */

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
  const awaited = useRef(/** @type {Answers} */ ({ from: null, to: null })); // another one whenever something else is marked
  const taking = useRef(/** @type {Answers | null} */ (null));

  /** @param {Part} next */
  function put(next) {
    now.current = next;
    show(next);
  }

  function set(next = NOTHING) {
    awaited.current = { from: null, to: null };
    put(next);
  }

  return {
    /** As it is by now, even if it is not shown yet. */
    now: () => now.current,
    part,
    /** @type {(next?: Part) => void} */
    set,
    /**
     * What is seen is the first or the last picture of what is marked.
     * @param {Edge} edge
     * @param {{ of: string, at: number, moments: number[], stepped: number | null, length: number }} seen the moment, among those that may be meant themselves
     * @param {(() => Promise<Edges>) | null} find where the picture that is seen lies; null: there is none
     * @param {(known: Edges, before: Part) => Part} becomes what is marked then
     */
    mark(edge, { of, at, moments, stepped, length }, find, becomes) {
      const before = now.current.of === of ? now.current : { ...NOTHING, of };
      const exact = !find || isExact(at, moments, edge, { from: before.from, stepped });
      const known = exact ? { from: at, to: at } : guessed(at, length);
      /** @type {Promise<number | null>} */
      const answer = (exact ? Promise.resolve(known) : find()).then((edges) => {
        if (awaited.current[edge] === answer && now.current[edge] !== null) {
          put({ ...now.current, [edge]: edges[edge] });
        }
        return edges[edge];
      }, (why) => {
        missed(why);
        return null;
      });
      awaited.current = { ...awaited.current, [edge]: answer };
      put(becomes(known, before));
    },
    /**
     * Does something with what is marked now, once it is right (on a line that is away: with what is known). Then it is
     * not marked any more, unless something else is meanwhile. Asked for again while it waits: that is once.
     * @param {(part: Part) => boolean | Promise<boolean>} use false: it stays marked
     */
    async take(use) {
      const answers = awaited.current;
      if (taking.current === answers) {
        return;
      }
      taking.current = answers;
      const { of, from, to } = now.current;
      const late = new Promise((done) => setTimeout(done, PATIENCE_MS, null));
      const [first, last] = await Promise.all([answers.from, answers.to].map((answer) => Promise.race([answer, late])));
      const used = await use({ of, from: from === null ? null : first ?? from, to: to === null ? null : last ?? to });
      if (taking.current === answers) {
        taking.current = null;
      }
      if (used && awaited.current === answers) {
        set();
      }
    },
  };
}
