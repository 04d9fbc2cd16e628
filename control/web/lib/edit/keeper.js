// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Keeps what is edited on the server, as soon as it changes, one version after the other, and again
 * until it is there: a server that is away for a while costs nothing but a word, and one that refuses
 * is asked more slowly and its own words are told. What somebody else saved meanwhile is never
 * overwritten: then nothing more is sent.
 *
 *     const keeper = newKeeper(editStore(lesson), (keeping, fault) => …);
 *     const there = await keeper.load();                // null: nothing yet
 *     keeper.keep(() => kept(history));                 // at every change
 *     await keeper.close();                             // what is not there yet goes once more
 */

import { askTagged, faultText, isLost } from '../api.js';

/** @typedef {import('../../types').KeptEdit} KeptEdit */
/** @typedef {import('../../types').FaultText} FaultText */
/**
 * Where documents of a kind lie; both reject with a Fault.
 * @template Doc
 * @typedef {{ load: () => Promise<{ json: Doc, tag: string }>, save: (doc: Doc, tag: string) => Promise<{ tag: string }> }} Store
 */
/** @typedef {'kept' | 'keeping' | 'waiting' | 'changed'} Keeping changed: by somebody else, the end */

const AGAIN_MS = 1000;
const REFUSED_MS = 10000; // what the server has refused it may take later: its disk is full

/** What the editor of a lesson holds. @param {string} lesson @returns {Store<KeptEdit>} */
export const editStore = (lesson) => ({
  load: () => askTagged('GET', `/edits/${lesson}`),
  save: (edit, tag) => askTagged('PUT', `/edits/${lesson}`, edit, tag),
});

/**
 * @template Doc
 * @param {Store<Doc>} store
 * @param {(keeping: Keeping, fault: FaultText | null) => void} tell fault: why the server refuses it, while waiting
 */
export function newKeeper(store, tell) {
  let tag = '';
  let running = Promise.resolve();
  let busy = false;
  let changed = false; // by somebody else: nothing is sent any more
  let closed = false; // by this page: nothing is told any more
  let wake = () => {};
  /** @type {(() => Doc) | null} */
  let next = null;
  /** @type {Doc | null} sent, and nobody knows whether it came: sent again first, so that it is known for our own */
  let doubtful = null;

  /** @param {Keeping} keeping @param {FaultText | null} [fault] */
  const told = (keeping, fault = null) => !closed && tell(keeping, fault);

  /** @returns {Promise<Doc | null>} null: there is nothing yet */
  async function load() {
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
  }

  /** Why it is not there; null: it is. @param {Doc} edit @returns {Promise<FaultText | null>} */
  async function send(edit) {
    try {
      ({ tag } = await store.save(edit, tag));
      return null;
    } catch (error) {
      const fault = faultText(error);
      if (fault.code !== 'changed' && fault.code !== 'no-version') {
        doubtful = isLost(fault) ? edit : null;
        return fault;
      }
    }
    try { // somebody else's, or our own whose answer was lost
      changed = JSON.stringify(await load()) !== JSON.stringify(edit);
      return null;
    } catch (error) {
      doubtful = edit;
      return faultText(error);
    }
  }

  async function run() {
    busy = true;
    /** @type {FaultText | null} */
    let fault = null; // of the last try
    while (next && !changed && !(closed && fault)) {
      const asked = doubtful ? null : next;
      if (!fault) {
        told('keeping');
      }
      fault = await send(doubtful || next());
      if (fault && !closed) {
        const lost = isLost(fault);
        told('waiting', lost ? null : fault);
        await new Promise((done) => {
          const timer = setTimeout(done, lost ? AGAIN_MS : REFUSED_MS);
          wake = () => {
            clearTimeout(timer);
            fault = null; // once more
            done(null);
          };
        });
      } else if (!fault && !changed) {
        doubtful = null;
        if (next === asked) {
          next = null;
          told('kept');
        }
      }
    }
    if (changed) {
      told('changed');
    }
    busy = false;
  }

  return {
    load,
    /** @param {() => Doc} edit */
    keep(edit) {
      next = edit;
      if (!busy) {
        running = run();
      }
    },
    /** Nothing is told any more; what is not there yet is sent once more. */
    close() {
      closed = true;
      wake();
      return running;
    },
  };
}
