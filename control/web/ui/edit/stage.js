// SPDX-License-Identifier: GPL-3.0-or-later
// The pictures as the microlesson shows them at this moment.

import { html } from '../../vendor/preact.js';
import { mediaUrl, thumbUrl } from '../../lib/api.js';
import { useWords } from '../../lib/language.js';
import { isSound, trackName } from '../../lib/names.js';

const SHORT_NS = 15 * 60e9; // the tables of a longer lesson are fetched when somebody plays it
const POSTER_S = 5; // thumbnails are no nearer to each other

/**
 * @param {{ lesson: import('../../types').EditLesson, show: ReturnType<typeof import('./use_show.js').useShow>,
 *   picture: import('../../types').DraftPicture | undefined }} props
 */
export function Stage({ lesson, show, picture }) {
  const t = useWords();
  const names = lesson.tracks.map((track) => track.name);
  const sound = names.filter(isSound).slice(0, 1);
  const pictures = names.filter((name) => !isSound(name)).slice(0, 2);
  const shown = picture ? [picture.main, ...(picture.other ? [picture.other] : [])] : pictures;
  const layout = picture?.layout || (shown.length > 1 ? 'side' : 'single');
  const poster = POSTER_S * Math.floor(show.at / 1e9 / POSTER_S);
  return html`<main class=${`stage edit-stage stage-${layout}`} data-panes=${shown.length}>
    ${pictures.map((name, i) => html`<div key=${name} hidden=${!shown.includes(name)} class=${name === shown[0] ? 'pane pane-main' : 'pane'}>
      <video playsinline muted=${i > 0} preload=${lesson.duration_ns < SHORT_NS ? 'auto' : 'none'} poster=${thumbUrl(lesson.id, name, poster)}
        src=${mediaUrl(lesson.id, [name, ...(i === 0 ? sound : [])])} aria-label=${trackName(t, name)}
        ref=${(/** @type {HTMLVideoElement | null} */ one) => (one ? show.elements.set(name, one) : show.elements.delete(name))}></video>
    </div>`)}
  </main>`;
}
