// SPDX-License-Identifier: GPL-3.0-or-later
// What of a room is looked at, and how its pictures lie.

import { isSound } from '../names.js';

/** @typedef {import('../../types').View} View */

const PICTURES_MAX = 3; // with the sound as many as one WebRTC connection carries

/** @param {{ name: string }[]} tracks */
export const picturesOf = (tracks) =>
  tracks.map((track) => track.name).filter((name) => !isSound(name)).slice(0, PICTURES_MAX);

/**
 * What is shown of a wish: not every lesson has what was looked at in the one before.
 * @param {View} wish
 * @param {string[]} pictures
 * @param {boolean} hasSound
 * @returns {View}
 */
export function fit(wish, pictures, hasSound) {
  const main = pictures.includes(wish.main) ? wish.main : pictures[0] || '';
  if (pictures.length === 0) {
    return { layout: 'sound', main };
  }
  const layout = wish.layout === 'sound' && !hasSound ? 'large' : wish.layout;
  const lonely = pictures.length === 1 && layout !== 'sound';
  return { layout: lonely ? 'one' : layout, main };
}

/**
 * The tracks of each element; the first carries the sound. Which is large changes nothing here, so
 * that nothing is fetched anew for it.
 * @param {View} view
 * @param {{ name: string }[]} tracks
 * @returns {string[][]}
 */
export function panesOf(view, tracks) {
  const sound = tracks.map((track) => track.name).filter(isSound).slice(0, 1);
  const shown = { sound: [], one: [view.main], side: picturesOf(tracks), large: picturesOf(tracks) }[view.layout];
  const panes = shown.map((name, i) => (i === 0 ? [name, ...sound] : [name]));
  return panes.length > 0 ? panes : sound.length > 0 ? [sound] : [];
}
