// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A draft and how it came about: every operation since its begin, and at how many of them one
 * stands. Undo goes back one, redo forth, without a limit; what is done next forgets what was
 * undone. What is kept (kept(), restored()) is the begin and the operations, so that undo goes on
 * after a reload, too. Pure.
 *
 *     history = done(history, { do: 'keep', clip: 0, from_ns, to_ns });
 *     history = undone(history);                         // the same one, when there is nothing
 *     now(history)                                       // the draft
 */

import { apply } from './draft.js';

/** @typedef {import('../../types').Draft} Draft */
/** @typedef {import('../../types').DraftChange} DraftChange */
/** @typedef {import('../../types').KeptEdit} KeptEdit */
/** @typedef {{ drafts: Draft[], changes: DraftChange[], at: number }} History drafts[i] is what i changes made */

/** Bytes of what is kept; the oldest changes of more become the begin. */
export const KEPT_MAX = 2 << 20;

/** @param {Draft} begin @returns {History} */
export const newHistory = (begin) => ({ drafts: [begin], changes: [], at: 0 });

/** The draft as it is. @param {History} history */
export const now = (history) => history.drafts[history.at];

/** @param {History} history @param {DraftChange} change @returns {History} */
export function done({ drafts, changes, at }, change) {
  const next = apply(drafts[at], change);
  return { drafts: [...drafts.slice(0, at + 1), next], changes: [...changes.slice(0, at), change], at: at + 1 };
}

/** @param {History} history @returns {History} */
export const undone = (history) => (history.at > 0 ? { ...history, at: history.at - 1 } : history);

/** @param {History} history @returns {History} */
export const redone = (history) => (history.at < history.changes.length ? { ...history, at: history.at + 1 } : history);

/** What is kept of it. @param {History} history @returns {KeptEdit} */
export function kept({ drafts, changes, at }) {
  /** @param {number} from @returns {KeptEdit} */
  const since = (from) => ({ version: 1, begin: drafts[from], changes: changes.slice(from), at: at - from });
  let from = 0;
  while (from < at && JSON.stringify(since(from)).length > KEPT_MAX) {
    from += Math.ceil((at - from) / 4);
  }
  return since(from);
}

/** A history of what was kept; a RangeError where that is none. @param {KeptEdit} keptEdit @returns {History} */
export function restored({ begin, changes, at }) {
  const drafts = [begin];
  for (const change of changes) {
    drafts.push(apply(drafts[drafts.length - 1], change));
  }
  if (!(at in drafts)) {
    throw new RangeError('no such place in the history');
  }
  return { drafts, changes, at };
}
