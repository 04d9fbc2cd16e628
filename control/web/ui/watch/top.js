// SPDX-License-Identifier: GPL-3.0-or-later
import { html } from '../../vendor/preact.js';
import { useWords } from '../../lib/language.js';
import { Languages } from '../head.js';

/**
 * @param {{ room: import('../../types').LiveRoom | null, onAir: boolean,
 *   onLanguage: (lang: 'zh' | 'en') => void }} props
 */
export function Top({ room, onAir, onLanguage }) {
  const t = useWords();
  return html`<header class="watch-top">
    <h1 class="watch-title">
      <span class="watch-room">${room?.name || t.watch}</span>
      ${onAir && room?.title && html` <span class="watch-lesson">${room.title}</span>`}
    </h1>
    ${onAir && html`<p class="on-air">${t.onAir}</p>`}
    ${onAir && room && html`<p class="viewers">${t.viewers(room.viewers)}</p>`}
    <${Languages} onLanguage=${onLanguage} />
  </header>`;
}
