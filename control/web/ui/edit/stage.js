// SPDX-License-Identifier: GPL-3.0-or-later
// The pictures as the microlesson shows them at this moment; a thumbnail until somebody wants more.

import { html } from '../../vendor/preact.js';
import { thumbUrl } from '../../lib/api.js';
import { useWords } from '../../lib/language.js';
import { isSound, trackName } from '../../lib/names.js';
import { panesOf } from './use_show.js';

const POSTER_S = 5; // thumbnails are no nearer to each other

/** @param {import('../../types').EditLesson[]} lessons */
const namesOf = (lessons) => panesOf(lessons).map(([name]) => name);

/**
 * @param {{ lessons: Record<string, import('../../types').EditLesson>, show: ReturnType<typeof import('./use_show.js').useShow>,
 *   picture: import('../../types').DraftPicture | undefined }} props
 */
export function Stage({ lessons, show, picture }) {
  const t = useWords();
  const lesson = lessons[show.lesson];
  const names = [...new Set(Object.values(lessons).flatMap((one) => namesOf([one])))]; // any two of them may be wanted together
  const shown = picture ? [picture.main, ...(picture.other ? [picture.other] : [])] : namesOf([lesson]);
  const layout = picture?.layout || (shown.length > 1 ? 'side' : 'single');
  const poster = POSTER_S * Math.floor(show.at / 1e9 / POSTER_S);
  return html`<main class=${`stage edit-stage stage-${layout}`} data-panes=${shown.length}>
    ${names.map((name) => html`<div key=${name} class=${`pane${name === shown[0] ? ' pane-main' : ''}${shown.includes(name) ? '' : ' pane-away'}`}>
      <video playsinline tabindex="-1" poster=${show.isAwake || isSound(name) || !shown.includes(name) ? undefined : thumbUrl(lesson.id, name, poster)} aria-label=${trackName(t, name)}
        ref=${(/** @type {HTMLVideoElement | null} */ one) => (one ? show.elements.set(name, one) : show.elements.delete(name))}></video>
    </div>`)}
  </main>`;
}
