// SPDX-License-Identifier: GPL-3.0-or-later
// Microlessons between the library and a draft.

import { ask, askTagged, change, faultText } from '../api.js';
import { changesOf, edlOf } from './draft.js';

/** @typedef {import('../../types').Draft} Draft */
/** @typedef {import('../../types').DraftClip} DraftClip */
/** @typedef {import('../../types').EditLesson} EditLesson */
/** @typedef {import('../../types').Edl} Edl */
/** @typedef {Draft['saved'][string]} Saved */
/** @typedef {{ version: number, saved: string }} Version */
/** @typedef {{ id: string, title: string, tag: string, edl: Edl }} Opened */

/** A lesson; null: it is gone. @param {string} id @returns {Promise<EditLesson | null>} */
export async function fetchLesson(id) {
  try {
    return await ask('GET', `/items/${encodeURIComponent(id)}`);
  } catch (error) {
    if (faultText(error).code === 'not-found') {
      return null;
    }
    throw error;
  }
}

/** The newest version of a microlesson. @param {string} id @param {string} title @returns {Promise<Opened>} */
export async function fetchClip(id, title) {
  const { json, tag } = await askTagged('GET', `/clips/${id}`);
  return { id, title, tag, edl: json.edl };
}

/** Newest first. @param {string} id @returns {Promise<Version[]>} */
export const fetchVersions = async (id) => (await ask('GET', `/clips/${id}/versions`)).versions;

/** @param {string} id @param {number} version @returns {Promise<Edl>} */
export const fetchVersion = async (id, version) => (await ask('GET', `/clips/${id}/versions/${version}`)).edl;

/**
 * What makes a clip of the draft this edit decision list; asks for the lessons that are not on the table.
 * @param {Draft} draft @param {number} clip @param {string} title @param {Edl} edl
 */
export async function fetchChanges(draft, clip, title, edl) {
  const unknown = [...new Set(edl.pieces.map(({ lesson }) => lesson))].filter((one) => !draft.lessons[one]);
  const lengths = new Map(await Promise.all(unknown.map(async (one) => /** @type {const} */ ([one, (await fetchLesson(one))?.duration_ns]))));
  return changesOf(draft, clip, title, edl, (one) => lengths.get(one));
}

/**
 * Saves a clip as a new version of what it is, or as a new microlesson. Rejects with "changed" where somebody else has
 * saved a version since.
 * @param {DraftClip} clip @param {string} title @param {Saved | undefined} saved @param {boolean} over over the newest version, whoever saved it
 * @returns {Promise<Saved>}
 */
export async function saveClip(clip, title, saved, over) {
  const edl = edlOf(clip);
  if (saved) {
    try {
      const from = over ? (await askTagged('GET', `/clips/${saved.id}`)).tag : saved.tag;
      return { id: saved.id, tag: (await askTagged('PUT', `/clips/${saved.id}`, { edl }, from)).tag };
    } catch (error) {
      if (faultText(error).code !== 'not-found') { // deleted since: it becomes a new one
        throw error;
      }
    }
  }
  const { json, tag } = await askTagged('POST', '/clips', { title, edl });
  return { id: json.id, tag };
}

/** @param {string} id @param {string} title */
export async function saveTitle(id, title) {
  if ((await ask('GET', `/items/${id}`)).title !== title) {
    await change(`/items/${id}`, ({ metadata }) => ({ ...metadata, title }), `/items/${id}/metadata`);
  }
}
