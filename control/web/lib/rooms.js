// SPDX-License-Identifier: GPL-3.0-or-later
// What a room's state means.

/** @param {import('../types').Room} room */
export const isInLesson = (room) => room.state === 'recording' || room.state === 'paused';
