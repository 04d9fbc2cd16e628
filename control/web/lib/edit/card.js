// SPDX-License-Identifier: GPL-3.0-or-later
// Cards as the editor shows them before they are made (docs/formats/card.md). Pure.

import { lengthOf } from './draft.js';

/** @typedef {{ box: number[], colour: string }} Box */
/** @typedef {{ text: string | string[], between?: string, box: number[], size: number, least?: number, bold?: boolean, along?: string, across?: string, colour: string }} Text */
/** @typedef {{ ground: { top: string, bottom: string }, boxes?: Box[], logo?: { box: number[] }, texts: Text[] }} Design */

const NAME = /\{(\w+)\}/g;
const CARD_NS = 5e9;
const FIELD_MAX = 200; // letters of a field (docs/formats/clip.md)

/** The fields that a design shows, in order. @param {Design} design */
export const fieldsOf = (design) => [...new Set(design.texts.flatMap(({ text }) =>
  [text].flat().flatMap((pattern) => [...pattern.matchAll(NAME)].map(([, name]) => name))))];

/** What stands in a place of a card; a pattern whose fields are all empty is left out. @param {Text} text @param {Record<string, string>} fields */
export function wordsOf({ text, between = '' }, fields) {
  return [text].flat().filter((pattern) => {
    const names = [...pattern.matchAll(NAME)].map(([, name]) => name);
    return names.length === 0 || names.some((name) => fields[name]);
  }).map((pattern) => pattern.replace(NAME, (_, name) => fields[name] || '')).join(between);
}

/** What of metadata stands on cards. @param {Record<string, any>} metadata @param {string} title @param {string[]} names @returns {Record<string, string>} */
export const filled = (metadata, title, names) => Object.fromEntries(names.map((name) =>
  [name, [...(name === 'title' ? title : [metadata[name] || ''].flat().join('、'))].slice(0, FIELD_MAX).join('')]).filter(([, text]) => text));

/** How much of a clip's file must be made anew, ns. @param {import('../../types').DraftClip} clip @param {boolean} hasLogo there is one */
export const madeOf = ({ pieces, opening, closing, logo }, hasLogo) => pieces.reduce((sum, piece) =>
  sum + ((logo && hasLogo) || piece.picture?.other ? lengthOf(piece) : (piece.fade_in_ns || 0) + (piece.fade_out_ns || 0)),
[opening, closing].filter(Boolean).length * CARD_NS);
