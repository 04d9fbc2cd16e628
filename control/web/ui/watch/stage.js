// SPDX-License-Identifier: GPL-3.0-or-later
// The pictures, and the words that stand where there are none.

import { html } from '../../vendor/preact.js';
import { said, useWords } from '../../lib/language.js';
import { recordingName, trackName } from '../../lib/names.js';

/** @typedef {import('../../types').LiveRoom} LiveRoom */
/** @typedef {import('../../types').View} View */
/** @typedef {import('../../types').FaultText} FaultText */

/** @typedef {ReturnType<typeof import('../use_sight.js').useSight>} Sight */

/**
 * @param {import('../../lib/language.js').Words} t
 * @param {{ room: LiveRoom | null, link: string, refused: FaultText | null, sight: Sight, view: View,
 *   watching: import('../use_way.js').Watching, health: 'well' | 'silent' | 'still', stalled: boolean, online: boolean }} now
 * @returns {{ text: string, hint?: string, over?: boolean } | null}
 */
function wordsOf(t, { room, link, refused, sight, view, watching, health, stalled, online }) {
  const lost = !online ? t.offline : link === 'lost' ? t.lost : t.nothingComes;
  if (refused) {
    return { text: said(t, refused), over: true };
  }
  if (!room && link === 'none') {
    return { text: t.noSuchRoom, hint: t.checkAddress, over: true };
  }
  if (!room) {
    return { text: link === 'lost' ? lost : t.opening, hint: link === 'lost' ? t.reconnecting : '' };
  }
  if (sight.kind === 'waiting' && sight.over && room.state === 'idle') {
    return { text: t.lessonOver, hint: t.nextByItself, over: true };
  }
  if (sight.kind === 'waiting') {
    const text = { away: t.awayForViewers, idle: t.waiting, paused: t.pausedForViewers, recording: t.connecting }[room.state];
    return { text, hint: t.startsByItself };
  }
  if (watching.step === 'failed') {
    return link === 'lost' ? { text: lost, hint: t.reconnecting } : { text: t.noWay, hint: view.layout === 'sound' ? t.noSoundHere : t.triesAgain };
  }
  if (watching.step !== 'open') {
    return link === 'lost' || !online ? { text: lost, hint: t.reconnecting } : { text: t.connecting };
  }
  if (health !== 'well') {
    return { text: health === 'silent' ? lost : t.pictureStands, hint: t.reconnecting };
  }
  if (stalled) { // at the end of what there is, maybe
    const state = sight.lesson?.state === 'ended' ? 'idle' : room.state;
    const text = { away: t.awayForViewers, paused: t.pausedForViewers, idle: lost, recording: lost }[state];
    return { text, hint: t.reconnecting };
  }
  return null;
}

/**
 * @param {{ room: LiveRoom | null, link: string, refused: FaultText | null, sight: Sight, view: View, panes: string[][],
 *   watching: import('../use_way.js').Watching, health: 'well' | 'silent' | 'still', stalled: boolean, ended: string[], narrow: boolean,
 *   online: boolean, skipped: number | null, paused: boolean, touch: boolean,
 *   elements: Map<string, HTMLVideoElement>, onTouch: () => void, onPause: () => void, onEnded: () => void, onAgain: () => void,
 *   onMain: (name: string) => void }} props
 */
export function Stage({ room, link, refused, sight, view, panes, watching, health, stalled, ended, narrow, online, skipped, paused, touch, elements, onTouch, onPause, onEnded, onAgain, onMain }) {
  const t = useWords();
  const words = wordsOf(t, { room, link, refused, sight, view, watching, health, stalled, online });
  return html`<main class=${`stage stage-${view.layout}`} data-panes=${panes.length}>
    ${panes.map(([name]) => html`<div key=${name} class=${name === view.main ? 'pane pane-main' : 'pane'}>
      <video playsinline tabindex="-1" onEnded=${name === panes[0][0] && onEnded} aria-label=${trackName(t, name)} ref=${(/** @type {HTMLVideoElement | null} */ one) =>
        (one ? elements.set(name, one) : elements.delete(name))}></video>
      ${view.layout === 'large' && name !== view.main && html`<button type="button" class="pane-pick"
        onClick=${() => onMain(name)}><span class="unseen">${t.makeLarge(trackName(t, name))}</span></button>`}
      ${ended.includes(name) && !words && html`<p class="pane-words" role="status">${t.narrow}</p>`}
    </div>`)}
    ${view.layout === 'sound' && panes.length > 0 && !words && html`<div class="stage-words stage-sound-words">
      <p>${t.viewSound}</p>
      ${narrow && html`<p class="stage-hint" role="status">${t.narrow}</p>`}
    </div>`}
    <div class="stage-over">
      ${words && html`<div class="stage-words" role="status">
        ${!words.over && html`<span class="spinner" aria-hidden="true"></span>`}
        <p>${words.text}</p>
        ${words.hint && html`<p class="stage-hint">${words.hint}</p>`}
      </div>`}
      ${!refused && sight.kind === 'waiting' && sight.lesson && html`<button type="button" class="act again" onClick=${onAgain}>
        ${t.watchAgain(recordingName(t, sight.lesson))}</button>`}
    </div>
    ${skipped !== null && html`<p class="stage-notice" role="status">${t.skipped(skipped)}</p>`}
    ${!words && (paused || touch) && html`<button type="button" class="big-play" onClick=${touch ? onTouch : onPause}>
      <svg viewBox="0 0 64 64" aria-hidden="true"><path d="M22 14l30 18-30 18z" /></svg>
      <span>${touch ? t.touchToPlay : t.start}</span>
    </button>`}
  </main>`;
}
