// SPDX-License-Identifier: GPL-3.0-or-later
// Which picture people see while it plays, where the browser tells (requestVideoFrameCallback).

import { SEEK_S } from './pane.js';

/** @typedef {import('./player.js').Player} Player */

const LATE_S = 0.5; // farther from the clock it is a picture of before a seek

/** When the picture that an element shows begins, on the element's own clock. @type {WeakMap<HTMLVideoElement, number>} */
const shown = new WeakMap();

/** Follows an element from now on. @param {HTMLVideoElement} element */
export function follow(element) {
  if (shown.has(element) || !element.requestVideoFrameCallback) {
    return;
  }
  shown.set(element, NaN);
  /** @type {VideoFrameRequestCallback} */
  const look = (_, { mediaTime }) => {
    shown.set(element, mediaTime);
    element.requestVideoFrameCallback(look);
  };
  element.requestVideoFrameCallback(look);
}

/**
 * Clip time within the picture that is seen, in seconds; where nobody tells, and while it stands, by the player's clock.
 * @param {Player} player
 * @param {HTMLVideoElement | undefined} element one that is followed
 */
export function seenAt(player, element) {
  const now = player.now();
  const pane = player.panes.find((one) => one.element === element);
  const seen = element && pane && player.state === 'playing' ? (shown.get(element) ?? NaN) - pane.before + SEEK_S : NaN;
  return Math.abs(seen - now) < LATE_S ? seen : now;
}
