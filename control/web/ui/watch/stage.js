// SPDX-License-Identifier: GPL-3.0-or-later
// The pictures, and the words that stand where there are none.

import { html } from '../../vendor/preact.js';
import { useWords } from '../../lib/language.js';
import { trackName } from '../../lib/names.js';

/** @typedef {import('../../types').LiveRoom} LiveRoom */
/** @typedef {import('../../types').View} View */

/**
 * @param {import('../../lib/language.js').Words} t
 * @param {{ room: LiveRoom | null, link: string, watching: import('./use_way.js').Watching, paused: boolean }} now
 * @returns {{ text: string, hint?: string, waits?: boolean } | null}
 */
function wordsOf(t, { room, link, watching, paused }) {
  if (!room) {
    return { text: t.opening, waits: true };
  }
  if (room.state !== 'recording') {
    const text = { away: t.awayForViewers, idle: t.waiting, paused: t.pausedForViewers }[room.state];
    return { text, hint: t.startsByItself, waits: true };
  }
  if (paused) {
    return null;
  }
  if (watching.step === 'failed') {
    return { text: t.noWay, hint: t.triesAgain, waits: true };
  }
  if (watching.step !== 'open') {
    return { text: link === 'lost' ? t.reconnecting : t.connecting, waits: true };
  }
  return null;
}

/**
 * @param {{ room: LiveRoom | null, link: string, view: View, pictures: string[], panes: string[][],
 *   watching: import('./use_way.js').Watching, paused: boolean, touch: boolean,
 *   elements: Map<string, HTMLVideoElement>, onTouch: () => void, onResume: () => void,
 *   onMain: (name: string) => void }} props
 */
export function Stage({ room, link, view, pictures, panes, watching, paused, touch, elements, onTouch, onResume, onMain }) {
  const t = useWords();
  const words = wordsOf(t, { room, link, watching, paused });
  return html`<main class=${`stage stage-${view.layout}`} data-panes=${panes.length}>
    ${panes.map(([name]) => html`<div key=${name} class=${name === view.main ? 'pane pane-main' : 'pane'}>
      <video playsinline aria-label=${trackName(t, name)} ref=${(/** @type {HTMLVideoElement | null} */ one) =>
        (one ? elements.set(name, one) : elements.delete(name))}></video>
      ${view.layout === 'large' && name !== view.main && html`<button type="button" class="pane-pick"
        onClick=${() => onMain(name)}><span class="unseen">${t.makeLarge(trackName(t, name))}</span></button>`}
    </div>`)}
    ${view.layout === 'sound' && pictures.length + panes.length > 0 && !words && html`<p class="stage-words">${t.soundOnly}</p>`}
    <div class="stage-over" role="status">
      ${words && html`<div class="stage-words">
        ${words.waits && html`<span class="spinner" aria-hidden="true"></span>`}
        <p>${words.text}</p>${words.hint && html`<p class="stage-hint">${words.hint}</p>`}
      </div>`}
    </div>
    ${!words && (paused || touch) && html`<button type="button" class="big-play" onClick=${touch ? onTouch : onResume}>
      <svg viewBox="0 0 64 64" aria-hidden="true"><path d="M22 14l30 18-30 18z" /></svg>
      <span>${touch ? t.touchToPlay : t.start}</span>
    </button>`}
  </main>`;
}
