// SPDX-License-Identifier: GPL-3.0-or-later
import { html } from '../../vendor/preact.js';
import { useWords } from '../../lib/language.js';
import { recordingName, roomName } from '../../lib/names.js';
import { Languages } from '../head.js';

/**
 * @param {{ room: import('../../types').LiveRoom | null, sight: ReturnType<typeof import('../use_sight.js').useSight>,
 *   onLanguage: (lang: 'zh' | 'en') => void }} props
 */
export function Top({ room, sight, onLanguage }) {
  const t = useWords();
  const { onAir, kind, lesson, moment } = sight;
  const title = moment && moment.lesson === lesson?.id ? recordingName(t, lesson) : room?.title;
  return html`<header class="watch-top">
    <h1 class="watch-title">
      <span class="watch-room">${room ? roomName(t, { id: room.room, name: room.name }) : t.watch}</span>
      ${moment && title && html` <span class="watch-lesson">${title}</span>`}
    </h1>
    ${kind === 'tape' && html`<p class="from-tape">${t.fromTape}</p>`}
    ${kind !== 'tape' && onAir && html`<p class="on-air">${t.onAir}</p>`}
    ${onAir && room && room.viewers > 0 && html`<p class="viewers">${t.viewers(room.viewers)}</p>`}
    <${Languages} onLanguage=${onLanguage} />
  </header>`;
}
