// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A chunk of silence for where a track of sound has none and its pictures go on, in AAC-LC of one or two
 * channels: ISO/IEC 14496-3 4.4.2.1, a frame whose channels have no bands at all (max_sfb 0). Pure.
 */

import { timescaleOf } from '../watch/chunk.js';

const SAMPLES = 1024; // of a frame
const FRAMES = [
  [0x00, 0x00, 0x00, 0x07], // a single channel element, end
  [0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0e], // a channel pair element without a common window, end
];

/** Where a box's type stands in an init; -1: nowhere. @param {DataView} view @param {number} type */
function boxAt(view, type) {
  for (let at = 4; at + 28 <= view.byteLength; at++) {
    if (view.getUint32(at) === type) {
      return at;
    }
  }
  return -1;
}

/** @param {string} type @param {number[]} words of 32 bits @returns {number[]} */
const box = (type, words) => [8 + 4 * words.length, type.split('').reduce((sum, letter) => 256 * sum + letter.charCodeAt(0), 0), ...words];

/**
 * So many ticks of silence, in the shape of a tape's chunks; null where the track is another kind of sound.
 * @param {Uint8Array} init of the track
 * @param {number} tick when it begins
 * @param {number} ticks 1 and more
 */
export function silence(init, tick, ticks) {
  const view = new DataView(init.buffer, init.byteOffset, init.byteLength);
  const [header, entry] = [boxAt(view, 0x746b6864), boxAt(view, 0x6d703461)]; // "tkhd", "mp4a"
  const frame = entry < 0 ? undefined : FRAMES[view.getUint16(entry + 20) - 1];
  if (header < 0 || !frame || timescaleOf(init) === 0) {
    return null;
  }
  const track = view.getUint32(header + (init[header + 4] === 1 ? 24 : 16));
  const n = Math.max(1, Math.floor(ticks / SAMPLES));
  const samples = Array.from({ length: n }, (_, i) => [i + 1 < n ? SAMPLES : ticks - SAMPLES * (n - 1), frame.length]).flat();
  const moofOf = (/** @type {number} */ offset) => {
    const traf = [...box('tfhd', [0x020000, track]), ...box('tfdt', [0x01000000, Math.floor(tick / 2 ** 32), tick % 2 ** 32]),
      ...box('trun', [0x000301, n, offset, ...samples])];
    return box('moof', [...box('mfhd', [0, 0]), ...box('traf', traf)]);
  };
  const words = moofOf(4 * moofOf(0).length + 8);
  const bytes = new Uint8Array(4 * words.length + 8 + n * frame.length);
  const out = new DataView(bytes.buffer);
  [...words, 8 + n * frame.length, 0x6d646174].forEach((word, i) => out.setUint32(4 * i, word)); // "mdat"
  for (let i = 0; i < n; i++) {
    bytes.set(frame, 4 * words.length + 8 + i * frame.length);
  }
  return bytes;
}
