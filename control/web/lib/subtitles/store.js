// SPDX-License-Identifier: GPL-3.0-or-later
// An item's subtitles on the server, as lib/edit/keeper.js keeps them, and files that people bring.

import { exchange, faultText } from '../api.js';
import { cuesOf, vttOf } from './cues.js';

/** @typedef {import('./cues.js').Cue} Cue */
/** @typedef {{ cues: number, left_out: number, left_out_lines: number[] }} Brought */

/** @param {string} id @param {string} lang */
const address = (id, lang) => `/items/${encodeURIComponent(id)}/subtitles/${encodeURIComponent(lang)}`;

/** @param {string} id @param {string} lang @param {'vtt' | 'srt'} as */
export const fileUrl = (id, lang, as) => `/api/v1${address(id, lang)}?as=${as}`;

/** @param {string} id @param {string} lang @param {BodyInit} text @param {string} tag */
async function put(id, lang, text, tag) {
  const response = await exchange('PUT', address(id, lang), text, { 'Content-Type': 'text/vtt', ...(tag && { 'If-Match': tag }) });
  return { json: /** @type {Brought} */ (await response.json()), tag: response.headers.get('ETag') || '' };
}

/** A microlesson without its own has those of its lessons, which have no tag here. @param {string} id @param {string} lang */
export const newStore = (id, lang) => ({
  async load() {
    const response = await exchange('GET', address(id, lang));
    return { json: cuesOf(await response.text()), tag: response.headers.get('ETag') || '' };
  },
  /** @param {Cue[]} cues @param {string} tag */
  async save(cues, tag) {
    if (cues.length > 0) {
      return put(id, lang, vttOf(cues), tag);
    }
    if (tag) { // without a cue there is no file
      await exchange('DELETE', address(id, lang), undefined, { 'If-Match': tag }).catch((error) => {
        if (faultText(error).code !== 'not-found') { // it is gone already
          throw error;
        }
      });
    }
    return { tag: '' };
  },
});

/** WebVTT or SubRip in whatever encoding, instead of what there is. @param {string} id @param {string} lang @param {File} file @returns {Promise<Brought>} */
export async function bring(id, lang, file) {
  const there = await exchange('GET', address(id, lang)).catch(() => null);
  return (await put(id, lang, file, there?.headers.get('ETag') || '')).json;
}
