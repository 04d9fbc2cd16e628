// SPDX-License-Identifier: GPL-3.0-or-later
// What can be done below the pictures, and by which way they come.

import { html, useEffect, useState } from '../../vendor/preact.js';
import { useWords } from '../../lib/language.js';
import { Views } from '../views.js';

/** @typedef {import('../../types').View} View */

const LOOK_AGAIN_MS = 1000;

/** @typedef {Record<'full' | 'mute' | 'pause' | 'back' | 'forward' | 'markBefore' | 'markAfter' | 'live' | 'swap' | 'help', () => void>} ActsNow */

const SPEEDS = [0.75, 1, 1.25, 1.5, 2];

/**
 * @param {{ sight: ReturnType<typeof import('../use_sight.js').useSight>, view: View, pictures: string[],
 *   hasSound: boolean, watching: import('../use_way.js').Watching, muted: boolean, paused: boolean, speed: number, acts: ActsNow,
 *   onView: (view: View) => void, onSpeed: (speed: number) => void }} props
 */
export function Acts({ sight, view, pictures, hasSound, watching, muted, paused, speed, acts, onView, onSpeed }) {
  const t = useWords();
  const idle = !sight.moment;
  return html`<div class="watch-acts">
    <div class="acts-main">
      <button type="button" class="act act-play" disabled=${idle} onClick=${acts.pause}>${paused ? t.start : t.pause}</button>
      <button type="button" class="act" disabled=${idle} onClick=${acts.back}>${t.back}</button>
      ${sight.kind === 'tape' && html`<button type="button" class="act" onClick=${acts.forward}>${t.forward}</button>
        <label class="act-speed"><span>${t.speed}</span>
          <select onChange=${(/** @type {any} */ event) => onSpeed(Number(event.target.value))}>
            ${SPEEDS.map((one) => html`<option value=${one} selected=${one === speed}>${one}×</option>`)}
          </select>
        </label>`}
      <button type="button" class="act act-mute" disabled=${!idle && !hasSound} aria-pressed=${muted} onClick=${acts.mute}>${muted ? t.unmute : t.mute}</button>
    </div>
    <${Views} view=${view} pictures=${pictures} hasSound=${hasSound} onView=${onView} onSwap=${acts.swap} />
    <div class="acts-end">
      <${Path} watching=${watching} live=${sight.kind === 'live'} />
      <button type="button" class="act act-keys" onClick=${acts.help} aria-haspopup="dialog">${t.keys}</button>
      <button type="button" class="act" onClick=${acts.full}>${t.full}</button>
    </div>
  </div>`;
}

/** @param {{ watching: import('../use_way.js').Watching, live: boolean }} props */
function Path({ watching, live }) {
  const t = useWords();
  const [open, setOpen] = useState(false);
  const [delay, setDelay] = useState(/** @type {number | null} */ (null));
  const { way, whyNot } = watching;
  useEffect(() => {
    setDelay(null);
    if (!open || !way) {
      return undefined;
    }
    const look = () => way.delay().then(setDelay, () => {});
    const timer = setInterval(look, LOOK_AGAIN_MS);
    look();
    return () => clearInterval(timer);
  }, [open, way]);
  if (!live) {
    return null;
  }
  const why = whyNot.map((one) => t.whyNot[one.kind][one.why]).join(t.lang === 'zh' ? '' : ' ');
  return html`<div class="path">
    <p class="path-words" role="status">${way && (why ? t.insteadBy(why, t.ways[way.kind]) : t.comesBy(t.ways[way.kind]))}</p>
    <button type="button" class="act" aria-expanded=${open} disabled=${!way} onClick=${() => setOpen(!open)}>
      ${open && delay !== null ? t.delayIs(delay) : t.delay}
    </button>
  </div>`;
}
