// SPDX-License-Identifier: GPL-3.0-or-later
// What can be watched again at a room's address, and how far a lesson has come.

import { ask } from '../api.js';
import { seconds } from '../format.js';

/** @typedef {import('../../types').Followed} Followed */
/** @typedef {import('../../types').LiveLesson} LiveLesson */

/** The lesson that runs in a room or the last one; null: there is none yet. @param {string} room */
export async function fetchLesson(room) {
  try {
    return /** @type {LiveLesson} */ (await ask('GET', `/live/${encodeURIComponent(room)}/lesson`));
  } catch {
    return null;
  }
}

/**
 * How long a lesson is by now, in seconds.
 * @param {Followed} followed
 * @param {LiveLesson | null} lesson
 * @param {string} id
 */
export function lengthOf({ room, zeroMs }, lesson, id) {
  if (room?.lesson === id) {
    return (performance.now() - zeroMs) / 1000;
  }
  return lesson?.id === id ? seconds(lesson.duration_ns) : 0;
}
