// SPDX-License-Identifier: GPL-3.0-or-later
// What a player must know of a chunk and of an init (docs/formats/tape.md). Pure.

const TRACK_ID = 44; // moof 8, mfhd 16, traf 8, then tfhd: 12 before its track_ID
const TFDT = 60; // tfhd 16, then tfdt: 12 before its 64 bits
const HEAD = 68;

/**
 * The track and the time of a chunk; null when it is none.
 * @param {Uint8Array} bytes
 */
export function readChunk(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEAD || view.getUint32(4) !== 0x6d6f6f66) { // "moof"
    return null;
  }
  return { track: view.getUint32(TRACK_ID), ticks: view.getUint32(TFDT) * 2 ** 32 + view.getUint32(TFDT + 4) };
}

const TRUN_FLAGS = 76; // tfdt 20, then trun: 8 before its version and flags
const FIRST_FLAGS = 0x4;
const DURATIONS = 0x100;

/**
 * Writes another time into a chunk, and if there is one another duration of its only picture.
 * @param {Uint8Array} bytes begin with the chunk
 * @param {number} tick @param {number} [duration]
 */
export function placeChunk(bytes, tick, duration) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint32(TRUN_FLAGS);
  view.setUint32(TFDT, Math.floor(tick / 2 ** 32));
  view.setUint32(TFDT + 4, tick % 2 ** 32);
  if (duration && flags & DURATIONS) {
    view.setUint32(TRUN_FLAGS + 12 + (flags & FIRST_FLAGS ? 4 : 0), duration);
  }
}

/**
 * Ticks a second of an init's track: mdhd's timescale; 0 when there is none.
 * @param {Uint8Array} init
 */
export function timescaleOf(init) {
  const view = new DataView(init.buffer, init.byteOffset, init.byteLength);
  for (let at = 4; at + 28 <= init.length; at++) {
    if (view.getUint32(at) === 0x6d646864) { // "mdhd"
      return view.getUint32(at + (init[at + 4] === 1 ? 24 : 16));
    }
  }
  return 0;
}

/** @param {string} text base64url */
export const fromBase64url = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0));
