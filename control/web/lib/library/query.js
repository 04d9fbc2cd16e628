// SPDX-License-Identifier: GPL-3.0-or-later
// What is looked for in the library; it stands in the page's address, so that reload, back and links keep it.

/** What the server gives facets of, in the order of the page. */
export const FACETS = /** @type {const} */ (['stage', 'subject', 'grade', 'teacher', 'type', 'edition', 'volume', 'school']);

/** What can be chosen beside the words. */
export const CHOICES = [...FACETS, 'kind', 'state', 'collection', 'trash'];

const KEYS = ['q', ...CHOICES, 'sort'];

/** @typedef {Record<string, string>} Query what is not chosen is missing */

/** @param {string} search of an address @returns {Query} */
export function queryOf(search) {
  const given = new URLSearchParams(search);
  return Object.fromEntries(KEYS.map((key) => [key, given.get(key) || '']).filter(([, value]) => value));
}

/** Behind a path: "" or "?…". @param {Query} query */
export function searchOf(query) {
  const text = new URLSearchParams(KEYS.map((key) => [key, query[key] || '']).filter(([, value]) => value)).toString();
  return text && `?${text}`;
}

/** With one thing chosen otherwise; '' is no choice. @param {Query} query @param {string} key @param {string} value */
export const chosen = (query, key, value) => queryOf(searchOf({ ...query, [key]: value }));

/** Whether anything is chosen that hides something. @param {Query} query */
export const isNarrowed = (query) => ['q', ...CHOICES].some((key) => key !== 'trash' && query[key]);
