// SPDX-License-Identifier: GPL-3.0-or-later
// What somebody should do something about, in words, above everything else of the room; or that all
// is well, in the same place and of the same height, so that an alarm moves nothing.

import { html } from '../../vendor/preact.js';
import { said, useWords } from '../../lib/language.js';
import { trackNames } from '../../lib/names.js';
import { isIll } from '../../lib/rooms.js';

const SHORT_MINUTES = 30;

/** @typedef {{ kind: 'good' | 'calm' | 'warn' | 'bad', text: string }} Band */

/**
 * @param {import('../../lib/language.js').Words} t
 * @param {import('../../types').Status} status
 * @returns {Band[]}
 */
function sourceBands(t, status) {
  return status.sources.filter(isIll).map((source) => ({
    kind: 'bad',
    text: t.sourceIll(trackNames(t, source.tracks), t.sourceStates[source.state], source[t.lang]),
  }));
}

/**
 * @param {import('../../lib/language.js').Words} t
 * @param {import('../../types').Status} status
 * @returns {Band}
 */
function wellBand(t, status) {
  const opening = status.sources.some((source) => source.state !== 'running');
  return opening ? { kind: 'calm', text: t.openingSources } : { kind: 'good', text: t.allWell };
}

/**
 * @param {import('../../lib/language.js').Words} t
 * @param {import('../../types').Room} room
 * @param {string | null} lastLesson
 * @returns {Band[]}
 */
function bandsOf(t, room, lastLesson) {
  const status = room.status;
  if (!status) {
    /** @type {Band[]} */
    const away = [{ kind: 'bad', text: lastLesson ? t.awayInLesson : t.away }];
    return room.refused ? [...away, { kind: 'bad', text: said(t, room.refused) }] : away;
  }
  /** @type {Band[]} */
  const bands = status.alarms.map((alarm) => ({ kind: 'bad', text: said(t, alarm) }));
  if (status.state === 'paused') {
    bands.unshift({ kind: 'bad', text: t.paused });
  }
  bands.push(...sourceBands(t, status));
  if (!status.lesson && status.disk.minutes_left < SHORT_MINUTES) {
    bands.push({ kind: 'warn', text: t.diskShort(status.disk.minutes_left) });
  }
  if (status.cpu.step > 0) {
    bands.push({ kind: 'warn', text: said(t, status.cpu) });
  }
  return bands;
}

/** @param {{ room: import('../../types').Room, lastLesson: string | null, lost: boolean }} props */
export function Alarms({ room, lastLesson, lost }) {
  const t = useWords();
  const bands = bandsOf(t, room, lastLesson);
  if (bands.length === 0 && room.status) {
    bands.push(lost ? { kind: 'calm', text: t.noNews } : wellBand(t, room.status));
  }
  return html`<div class="alarms" role="alert">
    ${bands.map(({ kind, text }) => html`
      <p key=${text} class=${`band band-${kind}`}>${text}</p>`)}
  </div>`;
}
