// SPDX-License-Identifier: GPL-3.0-or-later
// What is in a lesson, by time: chapters, marks, what is said; search in all of it and on its slides.

import { html, useEffect, useRef, useState } from '../../vendor/preact.js';
import { thumbUrl } from '../../lib/api.js';
import { seconds, span } from '../../lib/format.js';
import { useWords } from '../../lib/language.js';
import { isSound } from '../../lib/names.js';
import { pictureTime } from '../../lib/player/plan.js';

/** @typedef {import('../../lib/player/item.js').Playable} Playable */
/** @typedef {import('../../lib/player/subtitles.js').Cue} Cue */
/** @typedef {{ at: number, kind: 'chapter' | 'mark' | 'subtitle' | 'slide', text: string }} Line */

const BEFORE = 20; // letters of a slide that are shown before what was found, and in all
const SHOWN = 90;

/** Where all words stand in a text, in whatever order: what is shown of it; null: they do not. @param {string} text @param {string[]} words in small letters */
function excerpt(text, words) {
  const low = text.toLowerCase();
  const from = Math.max(0, low.indexOf(words[0]) - BEFORE);
  return words.every((one) => low.includes(one)) ? `${from > 0 ? '…' : ''}${text.slice(from, from + SHOWN)}` : null;
}

/**
 * A small picture of a chapter or slide; null: there is none.
 * @param {Playable} playable @param {Line} line
 */
function pictureOf({ item, plan, tracks, has }, { at, kind }) {
  if (kind !== 'chapter' && kind !== 'slide') {
    return null;
  }
  const known = [...(item.slides || []), ...item.chapters].find((one) => one.picture_ns !== undefined && Math.abs(one.time_ns - at * 1e9) < 1e6);
  const shown = pictureTime(plan, Math.round(at * 1e9));
  const track = tracks.find((one) => one.startsWith('screen') && has(shown.lesson, one)) || tracks.find((one) => !isSound(one) && has(shown.lesson, one));
  return track ? thumbUrl(shown.lesson, track, seconds(item.pieces || known?.picture_ns === undefined ? shown.time : known.picture_ns)) : null;
}

/** @param {{ playable: Playable, cues: Cue[], place: number, onSeek: (at: number) => void }} props */
export function Inside({ playable, cues, place, onSeek }) {
  const t = useWords();
  const [wanted, setWanted] = useState('');
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  /** @type {Line[]} */
  const all = [...playable.points, ...cues.map(({ from, text }) => ({ at: from, kind: /** @type {const} */ ('subtitle'), text }))]
    .sort((a, b) => a.at - b.at);
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  /** @type {Line[]} */
  const slides = playable.slides.flatMap(({ at, text }) => {
    const shown = words.length > 0 ? excerpt(text, words) : null;
    return shown === null ? [] : [{ at, kind: /** @type {const} */ ('slide'), text: shown }];
  });
  const lines = words.length > 0 ? [...all.filter(({ text }) => excerpt(text, words) !== null), ...slides].sort((a, b) => a.at - b.at) : all;
  let now = -1;
  lines.forEach(({ at }, i) => {
    now = at <= place + 0.05 ? i : now;
  });
  useEffect(() => {
    const box = list.current;
    const line = /** @type {HTMLElement | null} */ (box?.querySelector('[aria-current]') || null);
    if (box && line && !box.matches(':hover, :focus-within')) { // not under somebody's hand
      box.scrollTop = line.offsetTop - box.clientHeight / 2;
    }
  }, [now]);
  return html`<aside class="inside">
    <label class="inside-find"><span class="unseen">${t.findInside}</span>
      <input type="search" placeholder=${t.findInside} value=${wanted}
        onInput=${(/** @type {any} */ event) => setWanted(event.target.value)} /></label>
    ${lines.length === 0 && html`<p class="inside-none" role="status">${words.length > 0 ? t.nothingInside : t.insideEmpty}</p>`}
    <ol class="inside-list" ref=${list}>
      ${lines.map((line, i) => {
        const { at, kind, text } = line, picture = pictureOf(playable, line);
        return html`<li><button type="button" class=${`line line-${kind}`}
        aria-current=${i === now ? 'true' : undefined} onClick=${() => onSeek(at)}>
          <span class="line-time">${span(at)}</span>
          ${picture && html`<img class="line-picture" src=${picture} alt="" width="80" height="45" loading="lazy" />`}
          <span class="line-text">${kind !== 'subtitle' && html`<span class="line-kind">${t.foundKinds[kind]}</span> `}<bdi>${text || t.markNow}</bdi></span>
      </button></li>`;
      })}
    </ol>
  </aside>`;
}
