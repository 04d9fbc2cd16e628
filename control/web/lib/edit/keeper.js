// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Keeps what is edited on the server, as soon as it changes, one version after the other, and again
 * until it is there: a server that is away for a while costs nothing but a word. What somebody else
 * saved meanwhile is never overwritten: then keeping ends.
 *
 *     const keeper = newKeeper(editStore(lesson), setKeeping);
 *     const kept = await keeper.load();                 // null: nothing yet
 *     keeper.keep(() => kept(history));                 // at every change
 */

import { askTagged, faultText } from '../api.js';

/** @typedef {import('../../types').KeptEdit} KeptEdit */
/**
 * Where documents of a kind lie; both reject with a Fault.
 * @template Doc
 * @typedef {{ load: () => Promise<{ json: Doc, tag: string }>, save: (doc: Doc, tag: string) => Promise<{ tag: string }> }} Store
 */
/** @typedef {'kept' | 'keeping' | 'waiting' | 'changed'} Keeping changed: by somebody else, the end */

const AGAIN_MS = 1000;

/** What the editor of a lesson holds. @param {string} lesson @returns {Store<KeptEdit>} */
export const editStore = (lesson) => ({
  load: () => askTagged('GET', `/edits/${lesson}`),
  save: (edit, tag) => askTagged('PUT', `/edits/${lesson}`, edit, tag),
});

/** @template Doc @param {Store<Doc>} store @param {(keeping: Keeping) => void} tell */
export function newKeeper(store, tell) {
  let tag = '';
  let busy = false;
  let ended = false;
  /** @type {(() => Doc) | null} */
  let next = null;
  /** @type {Doc | null} sent, and nobody knows whether it came: sent again first, so that it is known for our own */
  let doubtful = null;

  /** True when it is there. @param {Doc} edit */
  async function send(edit) {
    try {
      ({ tag } = await store.save(edit, tag));
      return true;
    } catch (error) {
      const { code } = faultText(error);
      if (code !== 'changed' && code !== 'no-version') {
        doubtful = code === 'unreachable' || code === 'odd' ? edit : null;
        return false;
      }
    }
    // Somebody else's, or our own whose answer was lost.
    const there = await store.load().catch(() => null);
    if (there && JSON.stringify(there.json) === JSON.stringify(edit)) {
      tag = there.tag;
      return true;
    }
    ended = !!there;
    return false;
  }

  async function run() {
    busy = true;
    while (next && !ended) {
      const asked = doubtful ? null : next;
      tell('keeping');
      if (!(await send(doubtful || next()))) {
        tell(ended ? 'changed' : 'waiting');
        await new Promise((done) => setTimeout(done, AGAIN_MS));
        continue;
      }
      doubtful = null;
      if (next === asked) {
        next = null;
        tell('kept');
      }
    }
    busy = false;
  }

  return {
    /** What is kept; null: nothing yet. @returns {Promise<Doc | null>} */
    async load() {
      try {
        const there = await store.load();
        tag = there.tag;
        return there.json;
      } catch (error) {
        if (['no-data', 'not-found'].includes(faultText(error).code)) {
          return null;
        }
        throw error;
      }
    },
    /** @param {() => Doc} edit */
    keep(edit) {
      next = edit;
      if (!busy) {
        run();
      }
    },
    end() {
      ended = true;
    },
  };
}
