// SPDX-License-Identifier: GPL-3.0-or-later
// The part of the library that is looked at, asked for again when something of it changes.

import { useEffect, useRef, useState } from '../../vendor/preact.js';
import { ask, faultText } from '../../lib/api.js';
import { queryOf, searchOf } from '../../lib/library/query.js';

/** @typedef {import('../../lib/library/query.js').Query} Query */
/** @typedef {import('../../types').LibraryPart} LibraryPart */
/** @typedef {import('../../types').FaultText} FaultText */

const MORE = 24;
const AT_ONCE_MAX = 100; // what the server gives in one answer
const TYPING_MS = 150;
const SOON_MS = 1000; // folders are looked through, or the server is away
const LOOK_AGAIN_MS = 30000; // lessons end, others change things

/**
 * The first wanted items. Asked for from the first on each time, so that what is gone goes.
 * @param {Query} query
 * @param {number} wanted
 * @returns {Promise<LibraryPart>}
 */
async function askFor(query, wanted) {
  /** @type {LibraryPart['items']} */
  let items = [];
  for (let after = ''; ;) {
    const search = new URLSearchParams({ ...query, limit: String(Math.min(AT_ONCE_MAX, wanted - items.length)), ...(after && { after }) });
    const part = await ask('GET', `/library?${search}`);
    items = items.concat(part.items);
    after = part.next;
    if (!after || items.length >= wanted) {
      return { ...part, items };
    }
  }
}

/** The query that the page's address holds. */
export function useQuery() {
  const [query, setQuery] = useState(() => queryOf(location.search));
  useEffect(() => {
    const back = () => setQuery(queryOf(location.search));
    addEventListener('popstate', back);
    return () => removeEventListener('popstate', back);
  }, []);
  return {
    query,
    /** step: one that "back" takes back. @param {Query} next @param {boolean} [step] */
    look(next, step = true) {
      history[step ? 'pushState' : 'replaceState'](null, '', `/library${searchOf(next)}`);
      setQuery(next);
    },
  };
}

/** @param {Query} query */
export function useLibrary(query) {
  const [part, setPart] = useState(/** @type {LibraryPart | null} */ (null));
  const [trouble, setTrouble] = useState(/** @type {FaultText | null} */ (null));
  const [times, setTimes] = useState(0);
  const [wanted, setWanted] = useState(MORE);
  const before = useRef({ search: '', q: '' });
  const search = searchOf(query);

  useEffect(() => {
    let current = true;
    let timer = 0;
    const typed = before.current.q !== (query.q || '');
    const fresh = before.current.search !== search;
    before.current = { search, q: query.q || '' };
    if (fresh && wanted !== MORE) {
      setWanted(MORE); // it comes back here with that
      return undefined;
    }
    async function look() {
      let wait = LOOK_AGAIN_MS;
      try {
        const answer = await askFor(query, wanted);
        if (current) {
          setPart(answer);
          setTrouble(null);
          wait = answer.building ? SOON_MS : LOOK_AGAIN_MS;
        }
      } catch (error) {
        if (current) {
          setTrouble(faultText(error));
          wait = SOON_MS;
        }
      }
      if (current) {
        timer = setTimeout(look, wait);
      }
    }
    timer = setTimeout(look, typed ? TYPING_MS : 0);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [search, wanted, times]);

  return { part, trouble, more: () => setWanted((n) => n + MORE), again: () => setTimes((n) => n + 1) };
}
