// SPDX-License-Identifier: GPL-3.0-or-later
// One classroom: what is wrong, the button, the sources, the marks.

import { html, useRef } from '../vendor/preact.js';
import { useWords } from '../lib/language.js';
import { roomName } from '../lib/names.js';
import { useLesson } from './use_lesson.js';
import { Alarms } from './alarms.js';
import { Control } from './control.js';
import { Marks } from './marks.js';
import { Sources } from './sources.js';

/** @typedef {import('../types').Status} Status */

/** @param {{ room: import('../types').Room, lost: boolean }} props */
export function Room({ room, lost }) {
  const t = useWords();
  const last = useRef(/** @type {Status | null} */ (null));
  if (room.status) {
    last.current = room.status;
  }
  const status = last.current; // while the recorder is away: what it said last
  const { lesson, refresh } = useLesson(status?.lesson || null, status?.marks || 0, !!status?.verified_wall);
  const stale = lost || !room.online;
  const titleId = `room-${room.id}`;
  return html`<section class="card room" aria-labelledby=${titleId}>
    <${Alarms} room=${room} lastLesson=${status?.lesson || null} lost=${lost} />
    <div class=${stale ? 'room-parts stale' : 'room-parts'}>
      <div class="room-left">
        <div class="room-head">
          <h2 id=${titleId}>${roomName(t, room)}</h2>
          <p class="pill pill-${room.state}" role="status">${t.states[room.state]}</p>
        </div>
        <${Control} room=${room} status=${status} lesson=${lesson} stale=${stale} />
        ${status?.lesson && html`<${Marks} room=${room.id} lesson=${lesson} elapsed_ns=${status.elapsed_ns} stale=${stale} refresh=${refresh} />`}
      </div>
      ${status && html`<${Sources} status=${status} stale=${stale} />`}
    </div>
  </section>`;
}
