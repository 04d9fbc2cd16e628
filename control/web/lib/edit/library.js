// SPDX-License-Identifier: GPL-3.0-or-later
// Microlessons between the library and a draft.

import { ask, askTagged, change, faultText, isLost } from '../api.js';
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
 * @param {() => Draft} latest @param {string} key of the clip, wherever it stands by then @param {string} title @param {Edl} edl
 */
export async function fetchChanges(latest, key, title, edl) {
  const unknown = [...new Set(edl.pieces.map(({ lesson }) => lesson))].filter((one) => !latest().lessons[one]);
  const lengths = new Map(await Promise.all(unknown.map(async (one) => /** @type {const} */ ([one, (await fetchLesson(one))?.duration_ns]))));
  const draft = latest();
  return changesOf(draft, draft.clips.findIndex((one) => one.key === key), title, edl, (one) => lengths.get(one));
}

/** The same for the same edit decision list, in whatever order its parts stand. @param {Edl} edl */
const textOf = ({ chapters = [], ...edl }) => JSON.stringify({ ...edl, chapters }, (_, value) => (value && typeof value === 'object' && !Array.isArray(value)
  ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value));

/** What was sent to become a microlesson, and nobody knows whether it did: looked for before it is sent again. @type {Set<string>} */
const doubtful = new Set();

/** The newest microlesson of this title that is this. @param {string} title @param {Edl} edl @returns {Promise<Saved | null>} */
async function findClip(title, edl) {
  const { items } = await ask('GET', '/library?kind=clip&sort=newest');
  for (const { id } of items.filter((/** @type {{ title: string }} */ one) => one.title === title)) {
    const there = await fetchClip(id, title);
    if (textOf(there.edl) === textOf(edl)) {
      return { id, tag: there.tag };
    }
  }
  return null;
}

/** Makes a microlesson; asked once more after an answer was lost, it is the one that was made then. @param {string} title @param {Edl} edl @returns {Promise<Saved>} */
export async function createClip(title, edl) {
  const text = title + textOf(edl);
  let made = doubtful.has(text) ? await findClip(title, edl) : null;
  doubtful.add(text);
  try {
    if (!made) {
      const { json, tag } = await askTagged('POST', '/clips', { title, edl });
      made = { id: json.id, tag };
    }
    doubtful.delete(text);
    return made;
  } catch (error) {
    if (!isLost(faultText(error))) {
      doubtful.delete(text);
    }
    throw error;
  }
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
      const { code } = faultText(error);
      if (code === 'changed') {
        const there = await fetchClip(saved.id, title);
        if (textOf(there.edl) === textOf(edl)) { // our own, whose answer was lost
          return { id: saved.id, tag: there.tag };
        }
      }
      if (code !== 'not-found') { // deleted since: it becomes a new one
        throw error;
      }
    }
  }
  return createClip(title, edl);
}

/** @param {string} id @param {string} title */
export async function saveTitle(id, title) {
  if ((await ask('GET', `/items/${id}`)).title !== title) {
    await change(`/items/${id}`, ({ metadata }) => ({ ...metadata, title }), `/items/${id}/metadata`);
  }
}
