// SPDX-License-Identifier: GPL-3.0-or-later
// Subtitles as the browser reads them; shown by the page, since a player's own time is not its element's.

/** @typedef {{ from: number, to: number, text: string }} Cue seconds */

/**
 * The cues of an item in a language; none when they cannot be read.
 * @param {string} id @param {string} lang
 * @returns {Promise<Cue[]>}
 */
export function fetchCues(id, lang) {
  const video = document.createElement('video');
  const track = document.createElement('track');
  track.kind = 'subtitles';
  track.src = `/api/v1/items/${encodeURIComponent(id)}/subtitles/${encodeURIComponent(lang)}`;
  track.default = true;
  video.append(track);
  return new Promise((done) => {
    track.addEventListener('error', () => done([]));
    track.addEventListener('load', () => done(Array.from(track.track.cues || [], (cue) =>
      ({ from: cue.startTime, to: cue.endTime, text: plain(/** @type {VTTCue} */ (cue)) }))));
    track.track.mode = 'hidden'; // read, and not drawn
  });
}

/** Its words without what only dresses them. @param {VTTCue} cue */
const plain = (cue) => cue.getCueAsHTML().textContent || '';

/** What is said at a moment. @param {Cue[]} cues @param {number} at seconds */
export const cuesAt = (cues, at) => cues.filter(({ from, to }) => from <= at && at < to);
