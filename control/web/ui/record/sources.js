// SPDX-License-Identifier: GPL-3.0-or-later
// Each source: whether it is well, why not, how its picture is, how loud it is.

import { html, useEffect, useRef, useState } from '../../vendor/preact.js';
import { thumbUrl } from '../../lib/api.js';
import { seconds } from '../../lib/format.js';
import { useWords } from '../../lib/language.js';
import { isSound, trackName, trackNames } from '../../lib/names.js';
import { isIll } from '../../lib/rooms.js';
import { Meter } from './meter.js';

/** @typedef {import('../../types').Source} Source */
/** @typedef {import('../../types').Status} Status */

const THUMB_SECONDS = 5; // the recorder makes one so often
const SILENT_DB = -60;
const SILENT_MS = 5000;

/**
 * stale: this is how it was; how it is, nobody knows.
 * @param {{ status: Status, stale: boolean, children?: any }} props
 */
export function Sources({ status, stale, children }) {
  const t = useWords();
  const demo = status.sources.some((source) => source.demo);
  return html`<section class="sources" aria-label=${t.sources}>
    <h3>${t.sources} ${demo && html`<span class="demo">${t.demo}</span>`}</h3>
    ${demo && html`<p class="demo-hint">${t.demoHint}</p>`}
    ${status.sources.length === 0 && html`<p class="quiet">${t.noSources}</p>`}
    <ul class="source-list">
      ${status.sources.map((source) => html`<${OneSource} key=${source.spec} source=${source} status=${status}
        stale=${stale} />`)}
    </ul>
    ${children}
  </section>`;
}

/** @param {{ source: Source, status: Status, stale: boolean }} props */
function OneSource({ source, status, stale }) {
  const t = useWords();
  const pictures = source.tracks.filter((name) => !isSound(name));
  const hasSound = source.tracks.some(isSound);
  const silent = useSilence(hasSound && source.state === 'running' && !stale, source.peak_db);
  const why = source[t.lang] || source[`note_${t.lang}`];
  return html`<li class="source">
    <div class="source-head">
      <span class="source-name">${trackNames(t, source.tracks)}</span>
      ${stale
        ? html`<span class="health">${t.unknown}</span>`
        : html`<span class=${`health health-${source.state}`}>${t.sourceStates[source.state]}</span>`}
    </div>
    <p class="source-label">${(t.lang === 'zh' && source.label_zh) || source.label || source.spec}</p>
    ${pictures.length > 0 && html`<p class="source-picture">${pictureWords(t, source)}</p>`}
    ${hasSound && html`<${Meter} name=${trackName(t, 'sound')} peak=${source.peak_db} rms=${source.rms_db}
      on=${source.state === 'running' && !stale} />`}
    <p class=${isIll(source) ? 'source-why source-why-bad' : 'source-why'}>
      ${silent ? html`<strong>${t.silent}</strong>` : why}
    </p>
    ${status.verified_wall && pictures.length > 0 && html`<div class="thumbs">
      ${pictures.map((name) => html`<${Thumb} key=${name} lesson=${status.lesson || ''} track=${name}
        elapsed=${seconds(status.elapsed_ns || 0)} />`)}
    </div>`}
  </li>`;
}

/**
 * @param {import('../../lib/language.js').Words} t
 * @param {Source} source
 */
function pictureWords(t, source) {
  if (!source.width || source.state !== 'running') {
    return '–';
  }
  const fps = Math.round(source.fps);
  const words = [`${source.width}×${source.height}`, fps > 0 ? t.fps(fps) : t.still];
  return (source.drops > 0 ? [...words, t.drops(source.drops)] : words).join(' · ');
}

/**
 * True when a source that runs has been silent for a while.
 * @param {boolean} running
 * @param {number} peak
 */
function useSilence(running, peak) {
  const since = useRef(0);
  if (!running || peak > SILENT_DB) {
    since.current = Date.now();
  }
  return running && Date.now() - since.current > SILENT_MS;
}

/** @param {{ lesson: string, track: string, elapsed: number }} props */
function Thumb({ lesson, track, elapsed }) {
  const t = useWords();
  const [url, setUrl] = useState('');
  const turn = Math.floor(elapsed / THUMB_SECONDS);
  // Shown only once it is loaded, so that the old one stays in its place until then.
  useEffect(() => {
    const image = new Image();
    image.onload = () => setUrl(image.src);
    image.src = thumbUrl(lesson, track, turn * THUMB_SECONDS);
    return () => {
      image.onload = null;
    };
  }, [lesson, track, turn]);
  return html`<figure class="thumb">
    <div class="thumb-frame">${url && html`<img src=${url} alt=${t.thumb(trackName(t, track))} />`}</div>
    <figcaption>${trackName(t, track)}</figcaption>
  </figure>`;
}
