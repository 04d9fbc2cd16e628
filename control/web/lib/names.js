// SPDX-License-Identifier: GPL-3.0-or-later
// What rooms' things are called.

import { day } from './format.js';

/** @typedef {import('./language.js').Words} Words */

/**
 * A room's name; one that nobody gave a name is a classroom in the reader's language.
 * @param {Words} t
 * @param {{ id: string, name: string }} room
 */
export const roomName = (t, room) => room.name || t.classroom(room.id);

/**
 * "camera-2" is "摄像机 2".
 * @param {Words} t
 * @param {string} name
 */
export function trackName(t, name) {
  const [kind, number] = name.split('-');
  const word = t.kinds[/** @type {keyof Words['kinds']} */ (kind)];
  return word ? `${word}${number ? ` ${number}` : ''}` : name;
}

/**
 * @param {Words} t
 * @param {string[]} names
 */
export const trackNames = (t, names) => names.map((name) => trackName(t, name)).join(t.lang === 'zh' ? '、' : ', ');

/**
 * A recording's title, or when it was.
 * @param {Words} t
 * @param {{ title: string, started: string }} recording
 */
export const recordingName = (t, recording) => recording.title || day(recording.started, t.locale);

/** @param {string} track */
export const isSound = (track) => track.startsWith('sound');
