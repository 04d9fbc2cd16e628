// SPDX-License-Identifier: GPL-3.0-or-later
// One classroom: what is wrong, the button, the marks, who may watch, where it is pushed to, the sources.

import { html, useRef, useState } from '../../vendor/preact.js';
import { useWords } from '../../lib/language.js';
import { roomName } from '../../lib/names.js';
import { isInLesson } from '../../lib/rooms.js';
import { useLesson } from './use_lesson.js';
import { Alarms } from './alarms.js';
import { Control } from './control.js';
import { Marks } from './marks.js';
import { Preview } from './preview.js';
import { Pushing } from './pushing.js';
import { Sharing } from '../sharing.js';
import { Sources } from './sources.js';

/** @typedef {import('../../types').Status} Status */

/** @param {{ room: import('../../types').Room, lost: boolean }} props */
export function Room({ room, lost }) {
  const t = useWords();
  const last = useRef(/** @type {Status | null} */ (null));
  if (room.status) {
    last.current = room.status;
  }
  const status = last.current; // while the recorder is away: what it said last
  const { lesson, refresh } = useLesson(status?.lesson || null, status?.marks || 0, !!status?.verified_wall);
  const stale = lost || !room.online;
  const [preview, setPreview] = useState(false);
  const shows = preview && isInLesson(room) && !stale;
  const titleId = `room-${room.id}`;
  return html`<section class="card room" aria-labelledby=${titleId}>
    <${Alarms} room=${room} lastLesson=${status?.lesson || null} lost=${lost} />
    <div class=${stale ? 'room-parts stale' : 'room-parts'}>
      <div class="room-left">
        <div class="room-head">
          <h2 id=${titleId}>${roomName(t, room)}</h2>
          <p class="pill pill-${room.state}" role="status">${t.states[room.state]}</p>
          <${OnAir} room=${room} others=${Math.max(0, room.viewers - (shows ? 1 : 0))} />
        </div>
        <${Control} room=${room} status=${status} lesson=${lesson} stale=${stale} />
        ${status?.lesson && html`<${Marks} room=${room.id} lesson=${lesson} elapsed_ns=${status.elapsed_ns} stale=${stale} refresh=${refresh} />`}
        <${Sharing} room=${room} lost=${lost} />
        <${Pushing} room=${room} lost=${lost} />
      </div>
      ${status && html`<${Sources} status=${status} stale=${stale}>
        ${isInLesson(room) && !stale && html`<${Preview} room=${room.id} status=${status} open=${preview}
          onToggle=${() => setPreview(!preview)} />`}
      <//>`}
    </div>
  </section>`;
}

/**
 * Always there, so that nothing moves when a lesson begins. others: who watches, without this page.
 * @param {{ room: import('../../types').Room, others: number }} props
 */
function OnAir({ room, others }) {
  const t = useWords();
  const onAir = isInLesson(room);
  return html`<p class=${onAir ? 'air air-on' : 'air'}>
    <svg viewBox="0 0 20 20" aria-hidden="true"><circle cx="10" cy="10" r="1.500" fill="currentColor" /><path
      d="M6.500 13.500a5 5 0 0 1 0-7M13.500 6.500a5 5 0 0 1 0 7M3.600 16.400a9 9 0 0 1 0-12.800M16.400 3.600a9 9 0 0 1 0 12.800" /></svg>
    ${onAir ? t.onAir : t.offAir}
    ${onAir && html`<span class="air-viewers">${t.viewers(others)}</span>`}
    ${onAir && room.status?.tracks.some((track) => track.small) && html`<span class="air-small" title=${t.smallWhy}>${t.smallToo}</span>`}
  </p>`;
}
