// SPDX-License-Identifier: GPL-3.0-or-later
// Where one was in a lesson, kept in this browser.

const KEY = 'lectern.places';
const PLACES = 100;
const SOON_S = 10; // so near to the begin or the end nothing is kept

/** @returns {[string, number][]} newest last */
function read() {
  try {
    const places = JSON.parse(localStorage.getItem(KEY) || '[]');
    return Array.isArray(places) ? places : [];
  } catch {
    return []; // storage is forbidden, or holds something else
  }
}

/** @param {string} id @param {number} at @param {number} length seconds */
export function keepPlace(id, at, length) {
  const others = read().filter(([one]) => one !== id);
  const worth = at > SOON_S && at < length - SOON_S;
  try {
    localStorage.setItem(KEY, JSON.stringify([...others, ...(worth ? [[id, at]] : [])].slice(-PLACES)));
  } catch {
    // not remembered then
  }
}

/** Seconds; 0: from the beginning. @param {string} id */
export function placeOf(id) {
  const at = read().find(([one]) => one === id)?.[1];
  return typeof at === 'number' ? at : 0;
}
