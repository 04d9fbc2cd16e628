// SPDX-License-Identifier: GPL-3.0-or-later
// The vocabularies: lists of terms that are offered, and who uses one.
//
//   await change('/vocabularies', (json) => renamed(json, 'subject', '生物', { term: '生物学', en: 'Biology' }));
//   const { ids } = await usersOf('subject', '生物');
//   for (const id of ids) { await rewrite(id, 'subject', '生物', '生物学'); }

import { ask, change, Fault } from '../api.js';
import { FACETS } from './query.js';

/** @typedef {import('../../types').Vocabularies} Vocabularies */
/** @typedef {{ term: string, en?: string }} Term */

const PART = 100;
export const USERS_MAX = 1000; // counted no further

/** @param {Vocabularies} json @param {string} field @param {(list: Term[]) => Term[]} edit @returns {Vocabularies} */
const edited = (json, field, edit) => ({ ...json, [field]: edit(json[field] || []) });

/** With one more at the end, unless it is there. @param {Vocabularies} json @param {string} field @param {Term} term */
export const added = (json, field, term) => edited(json, field, (list) => [...list.filter((one) => one.term !== term.term), term]);

/** @param {Vocabularies} json @param {string} field @param {string} term */
export const without = (json, field, term) => edited(json, field, (list) => list.filter((one) => one.term !== term));

/** One said otherwise at its place. @param {Vocabularies} json @param {string} field @param {string} term @param {Term} now */
export const renamed = (json, field, term, now) => edited(json, field, (list) => {
  const rest = list.filter((one) => one.term !== now.term || one.term === term); // two that become one
  return rest.map((one) => (one.term === term ? now : one));
});

/** One place up (-1) or down (1). @param {Vocabularies} json @param {string} field @param {string} term @param {number} by */
export const moved = (json, field, term, by) => edited(json, field, (list) => {
  const from = list.findIndex((one) => one.term === term), to = from + by;
  const rest = list.filter((one) => one.term !== term);
  return from < 0 || to < 0 || to >= list.length ? list : [...rest.slice(0, to), list[from], ...rest.slice(to)];
});

/**
 * The lessons and microlessons that say a term, those in the trash too, and whether there are more.
 * What is no facet is looked for as words.
 * @param {string} field @param {string} term
 * @returns {Promise<{ ids: string[], more: boolean }>}
 */
export async function usersOf(field, term) {
  const isFacet = /** @type {readonly string[]} */ (FACETS).includes(field);
  /** @type {string[]} */
  const ids = [];
  for (const trash of ['0', '1']) {
    for (let after = ''; after !== null;) {
      const search = new URLSearchParams({ [isFacet ? field : 'q']: term, trash, limit: String(PART), ...(after && { after }) });
      const part = await ask('GET', `/library?${search}`);
      for (const { id, hits } of part.items) {
        if (isFacet || hits.some((/** @type {any} */ hit) => hit.kind === 'metadata' && hit.text === term)) {
          ids.push(id);
        }
      }
      if (ids.length >= USERS_MAX) {
        return { ids: ids.slice(0, USERS_MAX), more: true };
      }
      after = part.next;
    }
  }
  return { ids, more: false };
}

/**
 * What an item says of itself, with one term said otherwise. What is gone meanwhile needs no other word.
 * @param {string} id @param {string} field @param {string} from @param {string} to
 */
export async function rewrite(id, field, from, to) {
  /** @param {any} value */
  const other = (value) => (Array.isArray(value) ? [...new Set(value.map((one) => (one === from ? to : one)))] : value === from ? to : value);
  try {
    await change(`/items/${id}`, ({ metadata }) => (metadata[field] === undefined ? metadata : { ...metadata, [field]: other(metadata[field]) }),
      `/items/${id}/metadata`);
  } catch (error) {
    if (!(error instanceof Fault) || error.text.code !== 'not-found') {
      throw error;
    }
  }
}
