// SPDX-License-Identifier: GPL-3.0-or-later
// Where in the lesson one is; while it runs its end is what happens now.

import { html, useState } from '../../vendor/preact.js';
import { seconds, span } from '../../lib/format.js';
import { useWords } from '../../lib/language.js';
import { GapMarks, percent } from '../gap_bar.js';

/**
 * @param {{ sight: ReturnType<typeof import('../use_sight.js').useSight>, place: number, length: number,
 *   onSeek: (at: number) => void }} props
 */
export function Bar({ sight, place, length, onSeek }) {
  const t = useWords();
  const { kind, lesson, onAir, moment, toLive } = sight;
  const known = lesson?.id === moment?.lesson ? lesson : null;
  const [held, setHeld] = useState(/** @type {number | null} */ (null)); // by a finger
  const at = held ?? Math.min(place, length);
  return html`<div class="watch-bar">
    <span class="watch-time">${span(at)}</span>
    <div class="watch-line">
      <div class="watch-done" style=${{ width: percent(at, length) }}></div>
      <${GapMarks} length=${length} gaps=${known?.gaps || []} />
      <input class="watch-place" type="range" min="0" max=${length} step="0.1" value=${at}
        aria-label=${t.position} aria-valuetext=${t.positionText(at, length)}
        onInput=${(/** @type {any} */ event) => setHeld(Number(event.target.value))}
        onChange=${(/** @type {any} */ event) => {
          setHeld(null);
          onSeek(Number(event.target.value));
        }} />
      ${(known?.marks || []).map((mark) => html`<button type="button" class="watch-mark" tabindex="-1"
        style=${{ left: percent(seconds(mark.time_ns), length) }} aria-label=${t.jumpTo(mark.label || t.markNow, seconds(mark.time_ns))}
        onClick=${() => onSeek(seconds(mark.time_ns))}><span class="watch-mark-words">${span(seconds(mark.time_ns))} <bdi>${mark.label || t.markNow}</bdi></span></button>`)}
    </div>
    ${onAir && kind === 'tape'
      ? html`<button type="button" class="act act-live" onClick=${toLive}>${t.toLive}</button>`
      : html`<span class=${onAir ? 'watch-time watch-now' : 'watch-time'}>${onAir ? t.now : span(length)}</span>`}
  </div>`;
}
