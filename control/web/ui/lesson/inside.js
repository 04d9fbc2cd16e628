// SPDX-License-Identifier: GPL-3.0-or-later
// What is in a lesson, by time: chapters, marks, what is said; search in all of it and on its slides.

import { html, useEffect, useRef, useState } from '../../vendor/preact.js';
import { ask, thumbUrl } from '../../lib/api.js';
import { seconds, span } from '../../lib/format.js';
import { useWords } from '../../lib/language.js';
import { isSound } from '../../lib/names.js';
import { pictureTime } from '../../lib/player/plan.js';

/** @typedef {import('../../lib/player/item.js').Playable} Playable */
/** @typedef {import('../../lib/player/subtitles.js').Cue} Cue */
/** @typedef {{ at: number, kind: 'chapter' | 'mark' | 'subtitle' | 'slide', text: string }} Line */

const WAIT_MS = 300; // until somebody has written

/**
 * What the server finds on this item's slides.
 * @param {string} id @param {string} wanted
 */
function useSlides(id, wanted) {
  const [lines, setLines] = useState(/** @type {Line[]} */ ([]));
  useEffect(() => {
    let current = true;
    setLines([]);
    const timer = setTimeout(async () => {
      const found = wanted ? await ask('GET', `/library?q=${encodeURIComponent(wanted)}&limit=100`).catch(() => null) : null;
      const hits = found?.items?.find((/** @type {any} */ one) => one.id === id)?.hits || [];
      if (current) {
        setLines(hits.filter((/** @type {any} */ hit) => hit.kind === 'slide' && hit.time_ns !== null)
          .map((/** @type {any} */ hit) => ({ at: seconds(hit.time_ns), kind: 'slide', text: hit.text })));
      }
    }, WAIT_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [id, wanted]);
  return lines;
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

/**
 * @param {{ playable: Playable, cues: Cue[], place: number, may: boolean, onSeek: (at: number) => void }} props may: ask the
 *   library for what stands on slides, which a shared link does not open
 */
export function Inside({ playable, cues, place, may, onSeek }) {
  const t = useWords();
  const [wanted, setWanted] = useState('');
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const slides = useSlides(playable.item.id, may ? wanted.trim() : '');
  /** @type {Line[]} */
  const all = [...playable.points, ...cues.map(({ from, text }) => ({ at: from, kind: /** @type {const} */ ('subtitle'), text }))]
    .sort((a, b) => a.at - b.at);
  const low = wanted.trim().toLowerCase();
  const lines = low ? [...all.filter(({ text }) => text.toLowerCase().includes(low)), ...slides].sort((a, b) => a.at - b.at) : all;
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
    ${lines.length === 0 && html`<p class="inside-none" role="status">${low ? t.nothingInside : t.insideEmpty}</p>`}
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
