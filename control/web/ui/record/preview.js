// SPDX-License-Identifier: GPL-3.0-or-later
// What the viewers see now, beside the recording: only when it is asked for, since decoding it costs
// the machine that may be recording.

import { html, useEffect, useMemo, useRef } from '../../vendor/preact.js';
import { useWords } from '../../lib/language.js';
import { trackName } from '../../lib/names.js';
import { picturesOf } from '../../lib/watch/view.js';
import { useWay } from '../use_way.js';

/**
 * @param {{ room: string, status: import('../../types').Status, open: boolean, onToggle: () => void }} props
 */
export function Preview({ room, status, open, onToggle }) {
  const t = useWords();
  return html`<div class="preview">
    <button type="button" class="button" aria-expanded=${open} onClick=${onToggle}>${open ? t.closePreview : t.preview}</button>
    ${open && html`<${Pictures} room=${room} status=${status} />`}
  </div>`;
}

/** @param {{ room: string, status: import('../../types').Status }} props */
function Pictures({ room, status }) {
  const t = useWords();
  const elements = useRef(/** @type {Map<string, HTMLVideoElement>} */ (new Map()));
  const names = picturesOf(status.sources.flatMap((source) => source.tracks.map((name) => ({ name }))));
  const moment = useMemo(() => ({ lesson: status.lesson || '', from: null,
    beganMs: performance.now() - (status.elapsed_ns || 0) / 1e6 }), [status.lesson]);
  const { step, way } = useWay({ room, panes: names.map((name) => [name]), moment,
    element: (name) => /** @type {HTMLVideoElement} */ (elements.current.get(name)), skipped: () => {}, narrow: () => {} });
  useEffect(() => {
    elements.current.forEach((element) => {
      element.muted = true; // then no browser forbids it
      element.play().catch(() => {}); // it is opened anew
    });
  }, [way]);
  return html`<div class="thumbs">
    ${names.map((name) => html`<figure key=${name} class="thumb">
      <div class="thumb-frame"><video playsinline tabindex="-1" aria-label=${t.livePicture(trackName(t, name))}
        ref=${(/** @type {HTMLVideoElement | null} */ one) => (one ? elements.current.set(name, one) : elements.current.delete(name))}></video></div>
      <figcaption>${trackName(t, name)}</figcaption>
    </figure>`)}
    ${step !== 'open' && html`<p class="quiet" role="status">${step === 'failed' ? t.noWay : t.connecting}</p>`}
  </div>`;
}
