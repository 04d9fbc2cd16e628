// SPDX-License-Identifier: GPL-3.0-or-later
// The pictures, what is said, and the words that stand where there are none.

import { html } from '../../vendor/preact.js';
import { useWords } from '../../lib/language.js';
import { trackName } from '../../lib/names.js';

/** @typedef {import('../../types').View} View */

/**
 * @param {{ view: View, panes: string[][], shown: string[], state: string, words: string, notice: string, cues: string[],
 *   elements: Map<string, HTMLVideoElement>, onPlay: () => void, onMain: (name: string) => void }} props
 *   shown: the pictures that view has a place for
 */
export function Stage({ view, panes, shown, state, words, notice, cues, elements, onPlay, onMain }) {
  const t = useWords();
  const stands = state === 'paused' || state === 'ended';
  return html`<main class=${`stage stage-${view.layout}`} data-panes=${Math.min(2, shown.length)}>
    ${panes.map(([name]) => html`<div key=${name} hidden=${!shown.includes(name) && view.layout !== 'sound'}
      class=${name === view.main ? 'pane pane-main' : 'pane'}>
      <video playsinline tabindex="-1" aria-label=${trackName(t, name)} onClick=${name === view.main && onPlay}
        ref=${(/** @type {HTMLVideoElement | null} */ one) => (one ? elements.set(name, one) : elements.delete(name))}></video>
      ${view.layout === 'large' && name !== view.main && html`<button type="button" class="pane-pick"
        onClick=${() => onMain(name)}><span class="unseen">${t.makeLarge(trackName(t, name))}</span></button>`}
    </div>`)}
    ${view.layout === 'sound' && !words && html`<div class="stage-words stage-sound-words"><p>${t.viewSound}</p></div>`}
    <div class="stage-over">
      ${words && html`<div class="stage-words" role="status"><p>${words}</p></div>`}
      ${!words && state === 'waiting' && html`<span class="spinner" aria-hidden="true"></span>`}
    </div>
    ${cues.length > 0 && html`<div class="cues">${cues.map((cue) => html`<p>${cue}</p>`)}</div>`}
    ${notice && html`<p class="stage-notice" role="status">${notice}</p>`}
    ${!words && stands && html`<button type="button" class="big-play" onClick=${onPlay}>
      <svg viewBox="0 0 64 64" aria-hidden="true"><path d="M22 14l30 18-30 18z" /></svg>
      <span>${t.start}</span>
    </button>`}
  </main>`;
}
