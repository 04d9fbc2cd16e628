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

import { apply, edlOf } from './draft.js';

/** @typedef {import('../../types').Draft} Draft */
/** @typedef {import('../../types').DraftChange} DraftChange */
/** @typedef {import('../../types').KeptEdit} KeptEdit */
/** @typedef {{ drafts: Draft[], changes: DraftChange[], at: number }} History drafts[i] is what i changes made */

/** Bytes of what is kept (the server takes 4 MiB); the oldest changes of more become the begin. */
export const KEPT_MAX = 2 << 20;

/** Bytes of edit decision lists that stand beside it; of more nothing is prepared. */
const CLIPS_BYTES_MAX = 512 << 10;

/** @param {unknown} edit */
const bytesOf = (edit) => new TextEncoder().encode(JSON.stringify(edit)).length;

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

/** A clip is a microlesson of the library now; whatever is undone, it stays one. @param {History} history @param {string} key @param {Draft['saved'][string]} saved @returns {History} */
export const noted = (history, key, saved) =>
  ({ ...history, drafts: history.drafts.map((draft) => ({ ...draft, saved: { ...draft.saved, [key]: saved } })) });

/** What its clips would be saved as: the server prepares that (docs/api.yaml). @param {Draft} draft @returns {KeptEdit['clips']} */
const clipsOf = ({ clips, saved }) => clips.filter(({ pieces }) => pieces.length > 0)
  .map((clip) => ({ ...(saved[clip.key] && { clip: saved[clip.key].id }), edl: edlOf(clip) }));

/** What is kept of it. @param {History} history @returns {KeptEdit} */
export function kept({ drafts, changes, at }) {
  let [from, to] = [0, changes.length];
  const clips = clipsOf(drafts[at]);
  const beside = bytesOf(clips) <= CLIPS_BYTES_MAX ? { clips } : {};
  /** @returns {KeptEdit} */
  const part = () => ({ version: 1, begin: drafts[from], changes: changes.slice(from, to), at: at - from });
  while (from < at && bytesOf(part()) > KEPT_MAX) {
    from += Math.ceil((at - from) / 4);
  }
  while (to > at && bytesOf(part()) > KEPT_MAX) { // what was undone
    to -= Math.ceil((to - at) / 4);
  }
  return { ...part(), ...beside };
}

/** A history of what was kept; a RangeError where that is none. @param {KeptEdit} keptEdit @returns {History} */
export function restored({ begin, changes, at }) {
  if (!begin.lessons || !begin.clips || !begin.saved) {
    throw new RangeError('no draft');
  }
  const drafts = [begin];
  for (const change of changes) {
    drafts.push(apply(drafts[drafts.length - 1], change));
  }
  if (!(at in drafts)) {
    throw new RangeError('no such place in the history');
  }
  return { drafts, changes, at };
}
