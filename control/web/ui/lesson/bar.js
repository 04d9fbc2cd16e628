// SPDX-License-Identifier: GPL-3.0-or-later
// Where one is; a small picture of wherever one points.

import { html, useState } from '../../vendor/preact.js';
import { thumbUrl } from '../../lib/api.js';
import { seconds, span } from '../../lib/format.js';
import { useWords } from '../../lib/language.js';
import { lessonTime } from '../../lib/player/plan.js';
import { GapMarks, percent } from '../gap_bar.js';

/** @typedef {import('../../lib/player/item.js').Playable} Playable */

/**
 * @param {{ playable: Playable, place: number, length: number, picture: string, part: { from: number | null, to: number | null },
 *   onSeek: (at: number) => void }} props picture: of which track small ones are shown; part: what is chosen, nanoseconds
 */
export function Bar({ playable, place, length, picture, part, onSeek }) {
  const t = useWords();
  const begin = part.from !== null ? seconds(part.from) : null;
  const [point, setPoint] = useState(/** @type {number | null} */ (null)); // seconds
  /** @param {PointerEvent} event */
  function look(event) {
    const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
    setPoint(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * length);
  }
  return html`<div class="watch-bar">
    <span class="watch-time">${span(place)}</span>
    <div class="watch-line" onPointerMove=${look} onPointerLeave=${() => setPoint(null)}>
      <div class="watch-done" style=${{ width: percent(place, length) }}></div>
      <${GapMarks} length=${length} gaps=${playable.gaps} />
      ${begin !== null && html`<span class="part" style=${{ left: percent(begin, length),
        width: percent((part.to !== null ? seconds(part.to) : Math.max(place, begin)) - begin, length) }}></span>`}
      <input class="watch-place" type="range" min="0" max=${length} step="0.1" value=${place}
        aria-label=${t.position} aria-valuetext=${t.positionText(place, length)}
        onInput=${(/** @type {any} */ event) => onSeek(Number(event.target.value))} />
      ${playable.points.map(({ at, kind, text }) => html`<button type="button" class=${`watch-mark point-${kind}`} tabindex="-1"
        style=${{ left: percent(at, length) }} aria-label=${t.jumpTo(text || t.markNow, at)} onClick=${() => onSeek(at)}>
          <span class="watch-mark-words">${span(at)} <bdi>${text || t.markNow}</bdi></span></button>`)}
      ${point !== null && html`<${Thumb} playable=${playable} at=${point} length=${length} picture=${picture} />`}
    </div>
    <span class="watch-time">${span(length)}</span>
  </div>`;
}

/** @param {{ playable: Playable, at: number, length: number, picture: string }} props */
function Thumb({ playable, at, length, picture }) {
  const { lesson, time } = lessonTime(playable.plan, Math.min(at * 1e9, playable.plan.length - 1));
  const shown = playable.has(lesson, picture);
  return html`<div class="thumb" aria-hidden="true" style=${{ left: percent(at, length) }}>
    ${shown && html`<img src=${thumbUrl(lesson, picture, Math.floor(seconds(time)))} alt="" width="160" height="90" />`}
    <span>${span(at)}</span>
  </div>`;
}
