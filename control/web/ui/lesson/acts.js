// SPDX-License-Identifier: GPL-3.0-or-later
// What can be done below the pictures.

import { html } from '../../vendor/preact.js';
import { useWords } from '../../lib/language.js';
import { Views } from '../views.js';

/** @typedef {import('../../types').View} View */

export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3];

/**
 * @param {{ playing: boolean, idle: boolean, muted: boolean, speed: number, view: View, pictures: string[],
 *   hasSound: boolean, subtitles: { lang: string, label: string }[], lang: string, acts: Record<string, () => void>,
 *   onSpeed: (speed: number) => void, onView: (view: View) => void, onLang: (lang: string) => void, children?: any }} props
 */
export function Acts({ playing, idle, muted, speed, view, pictures, hasSound, subtitles, lang, acts, onSpeed, onView, onLang, children }) {
  const t = useWords();
  return html`<div class="watch-acts">
    <div class="acts-main">
      <button type="button" class="act act-play" disabled=${idle} onClick=${acts.toggle}>${playing ? t.pause : t.start}</button>
      <button type="button" class="act" disabled=${idle} onClick=${acts.back}>${t.back}</button>
      <button type="button" class="act" disabled=${idle} onClick=${acts.forward}>${t.forward}</button>
      <label class="act-speed"><span>${t.speed}</span>
        <select onChange=${(/** @type {any} */ event) => onSpeed(Number(event.target.value))}>
          ${SPEEDS.map((one) => html`<option value=${one} selected=${one === speed}>${one}×</option>`)}
        </select>
      </label>
      <button type="button" class="act" aria-pressed=${muted} onClick=${acts.mute}>${muted ? t.unmute : t.mute}</button>
      ${subtitles.length > 0 && html`<label class="act-speed"><span>${t.subtitles}</span>
        <select onChange=${(/** @type {any} */ event) => onLang(event.target.value)}>
          <option value="" selected=${lang === ''}>${t.subtitlesOff}</option>
          ${subtitles.map((one) => html`<option value=${one.lang} selected=${one.lang === lang}>${one.label}</option>`)}
        </select>
      </label>`}
    </div>
    <${Views} view=${view} pictures=${pictures} hasSound=${hasSound} onView=${onView} onSwap=${acts.swap} />
    ${children}
    <div class="acts-end">
      <button type="button" class="act act-keys" onClick=${acts.help} aria-haspopup="dialog">${t.keys}</button>
      <button type="button" class="act" onClick=${acts.full}>${t.full}</button>
    </div>
  </div>`;
}
