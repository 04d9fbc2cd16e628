// SPDX-License-Identifier: GPL-3.0-or-later
// Starting what browsers may forbid to start by itself.

/** @typedef {import('../../types').Pane} Pane */

/** A browser wants to be touched first. @param {unknown} error */
export const isForbidden = (error) => error instanceof DOMException && error.name === 'NotAllowedError';

/** @param {HTMLVideoElement[]} elements */
async function playEach(elements) {
  const tries = await Promise.allSettled(elements.map((element) => element.play()));
  return !tries.some((one) => one.status === 'rejected' && isForbidden(one.reason));
}

/**
 * Plays all elements. False when the browser wants to be touched first: then the pictures run
 * without sound, if it allows at least that.
 * @param {HTMLVideoElement[]} elements
 */
export async function playAll(elements) {
  if (await playEach(elements)) {
    return true;
  }
  for (const element of elements) {
    element.muted = true;
  }
  await playEach(elements);
  return false;
}
