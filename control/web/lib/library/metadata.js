// SPDX-License-Identifier: GPL-3.0-or-later
// What people say of an item, as a form holds it: a text a field.

import { coverOf, coverText } from './cover.js';

/** Of these the vocabularies offer terms. */
export const TERMS = /** @type {const} */ (['stage', 'subject', 'grade', 'edition', 'volume', 'chapter', 'points', 'type']);
const LISTS = ['teachers', 'points'];
export const FIELDS = /** @type {const} */ (['title', 'teachers', 'stage', 'subject', 'grade', 'edition', 'volume', 'chapter', 'type', 'school', 'points',
  'description', 'cover', 'state']);

/** Characters that the server takes (archive/library/metadata.h), of lists with what parts them; of all others LENGTH. */
export const LENGTHS = /** @type {Record<string, number>} */ ({ title: 200, chapter: 200, school: 200, description: 5000, teachers: 1300, points: 3200 });
export const LENGTH = 60;

/** @typedef {Record<string, string>} Form */

/**
 * @param {Record<string, any>} metadata
 * @param {{ id: string, title: string }} item title: what it is called without one of its own
 * @returns {Form}
 */
export const formOf = (metadata, { id, title }) => Object.fromEntries(FIELDS.map((key) => [key,
  LISTS.includes(key) ? (metadata[key] || []).join('，')
    : key === 'cover' ? coverText(metadata.cover, id)
    : key === 'state' ? metadata.state || 'draft' : key === 'title' ? metadata.title || title : metadata[key] || '']));

/**
 * The document: what the form says; the rest, which it does not show, stays as it is.
 * @param {Form} form
 * @param {Record<string, any>} metadata
 */
export function metadataOf(form, metadata) {
  /** @type {Record<string, any>} */
  const whole = { ...metadata, version: 1 };
  FIELDS.forEach((key) => {
    const text = form[key].trim();
    const value = key === 'cover' ? coverOf(text)
      : LISTS.includes(key) ? text.split(/[，,、;；\n]/).map((one) => one.trim()).filter(Boolean) : text;
    if (Array.isArray(value) ? value.length > 0 : value) {
      whole[key] = value;
    } else {
      delete whole[key];
    }
  });
  return whole;
}

/** @param {Form} a @param {Form} b */
export const isSame = (a, b) => FIELDS.every((key) => a[key] === b[key]);

/**
 * Mine and theirs, both made of base: what only they changed is taken over; where both changed
 * something in different ways mine stays, and the field is named.
 * @param {Form} base
 * @param {Form} mine
 * @param {Form} theirs
 */
export function merged(base, mine, theirs) {
  const conflicts = FIELDS.filter((key) => mine[key] !== base[key] && theirs[key] !== base[key] && mine[key] !== theirs[key]);
  const form = Object.fromEntries(FIELDS.map((key) => [key, mine[key] === base[key] ? theirs[key] : mine[key]]));
  return { form, conflicts: /** @type {string[]} */ (conflicts) };
}
