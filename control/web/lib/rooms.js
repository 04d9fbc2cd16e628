// SPDX-License-Identifier: GPL-3.0-or-later
// What the states of a room and of its sources mean.

/** @param {import('../types').Room} room */
export const isInLesson = (room) => room.state === 'recording' || room.state === 'paused';

/** @param {import('../types').Source} source */
export const isIll = (source) => source.state === 'lost' || source.state === 'no-signal';
