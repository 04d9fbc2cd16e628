// SPDX-License-Identifier: GPL-3.0-or-later
// What a collection holds, in its order.

import { ask } from '../api.js';

const PART = 100;

/**
 * Ids in another order: one behind or before the next of those that are shown. What is not shown, being
 * in the trash or gone, stays where it is.
 * @param {string[]} items
 * @param {(id: string) => boolean} isShown
 * @param {string} id
 * @param {number} by -1 or 1
 */
export function moved(items, isShown, id, by) {
  const from = items.indexOf(id);
  let to = from + by;
  while (to >= 0 && to < items.length && !isShown(items[to])) {
    to += by;
  }
  if (to < 0 || to >= items.length) {
    return items;
  }
  const rest = items.filter((one) => one !== id);
  return [...rest.slice(0, to), id, ...rest.slice(to)];
}

/**
 * Mine, made of base, where somebody else has saved theirs meanwhile: what they put in is there, too,
 * and what they took out is not.
 * @param {string[]} base @param {string[]} mine @param {string[]} theirs
 */
export const together = (base, mine, theirs) => [...mine.filter((id) => theirs.includes(id) || !base.includes(id)),
  ...theirs.filter((id) => !base.includes(id) && !mine.includes(id))];

/** Titles by id, of those that are there. @param {string} id @returns {Promise<Map<string, string>>} */
export async function titlesIn(id) {
  const titles = new Map();
  for (let after = ''; after !== null;) {
    const part = await ask('GET', `/library?${new URLSearchParams({ collection: id, limit: String(PART), ...(after && { after }) })}`);
    part.items.forEach((/** @type {import('../../types').LibraryItem} */ one) => titles.set(one.id, one.title));
    after = part.next;
  }
  return titles;
}
