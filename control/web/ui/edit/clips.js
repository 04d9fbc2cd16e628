// SPDX-License-Identifier: GPL-3.0-or-later
// The microlessons of a draft: their titles, pieces in order, chapters.

import { html, useState } from '../../vendor/preact.js';
import { thumbUrl } from '../../lib/api.js';
import { clipLength, clipTimeOf, lengthOf, lookOf, newKey, pieceAt } from '../../lib/edit/draft.js';
import { exact } from '../../lib/format.js';
import { useWords } from '../../lib/language.js';
import { isSound, trackName } from '../../lib/names.js';
import { lessonName } from './table.js';

/** @typedef {import('../../types').Draft} Draft */
/** @typedef {import('../../types').DraftClip} DraftClip */
/** @typedef {import('../../types').DraftChange} DraftChange */
/** @typedef {import('../../types').DraftPicture} DraftPicture */
/** @typedef {import('../../types').EditLesson} EditLesson */
/** @typedef {{ lessons: Record<string, EditLesson>, clip: DraftClip, index: number, mayChange: boolean, change: (change: DraftChange) => boolean, onSeek: (ns: number, lesson: string) => void }} Props */

const FADE_NS = 1e9;

/**
 * A line of text: what is being typed stays, whatever else on the page changes meanwhile.
 * @param {{ value: string, label: string, name: string, disabled: boolean, hint?: string, onText: (text: string) => void }} props hint: shown while it is empty
 */
export function Line({ value, label, name, disabled, hint = label, onText }) {
  const [typed, setTyped] = useState(/** @type {string | null} */ (null));
  return html`<input type="text" class=${name} maxlength="200" value=${typed ?? value} disabled=${disabled} aria-label=${label} placeholder=${hint}
    onInput=${(/** @type {any} */ event) => setTyped(event.target.value)}
    onChange=${(/** @type {any} */ event) => {
      setTyped(null);
      onText(event.target.value.trim());
    }} />`;
}

/** What can be shown of these pictures, with words. @param {import('../../lib/language.js').Words} t @param {string[]} names @returns {{ words: string, picture: DraftPicture | null }[]} */
function choices(t, names) {
  /** @type {{ words: string, picture: DraftPicture | null }[]} */
  const all = [{ words: t.edit.anyPicture, picture: null }];
  names.forEach((main) => all.push({ words: t.edit.single(trackName(t, main)), picture: { layout: 'single', main } }));
  if (names.length > 1) {
    const [one, two] = names;
    all.push({ words: t.edit.side, picture: { layout: 'side', main: one, other: two } });
    for (const [main, other] of [[one, two], [two, one]]) {
      all.push({ words: t.edit.inset(trackName(t, main), trackName(t, other)), picture: { layout: 'inset', main, other } });
    }
  }
  return all;
}

/** @param {{ draft: Draft, index: number, mayChange: boolean, onChoose: (index: number) => void, onAdd: () => void }} props */
export function ClipTabs({ draft, index, mayChange, onChoose, onAdd }) {
  const t = useWords();
  return html`<div class="edit-tabs" role="group" aria-label=${t.edit.clips}>
    ${draft.clips.map((clip, i) => html`<button type="button" class="act" key=${i} aria-pressed=${i === index} onClick=${() => onChoose(i)}>
      <bdi>${clip.title || t.edit.clip(i + 1)}</bdi>${draft.saved[clip.key] ? html`<span class="edit-saved" title=${t.edit.inTheLibrary}> ✓<span class="unseen">${t.edit.inTheLibrary}</span></span>` : ''}
    </button>`)}
    <button type="button" class="act" disabled=${!mayChange} onClick=${onAdd}>+ ${t.edit.addClip}</button>
  </div>`;
}

/** The pictures of a lesson. @param {EditLesson | undefined} lesson */
const picturesOf = (lesson) => (lesson?.tracks || []).map((track) => track.name).filter((name) => !isSound(name));

/** @param {Props & { shown: EditLesson, picked: number, onPick: (piece: number) => void }} props */
export function Pieces({ lessons, shown, clip, index, mayChange, change, onSeek, picked, onPick }) {
  const t = useWords();
  const [held, setHeld] = useState(-1); // dragged to another place
  const several = Object.keys(lessons).length > 1;
  if (clip.pieces.length === 0) {
    return html`<div class="edit-empty">
      <p>${t.edit.empty}</p>
      <button type="button" class="act" disabled=${!mayChange}
        onClick=${() => change({ do: 'keep', clip: index, lesson: shown.id, from_ns: 0, to_ns: shown.duration_ns })}>${t.edit.keepAll}</button>
    </div>`;
  }
  return html`<ol class="edit-pieces" aria-label=${t.edit.pieces}>
    ${clip.pieces.map((piece, i) => ({ piece, i, names: picturesOf(lessons[piece.lesson]) })).map(({ piece, i, names }) => html`<li key=${i} class=${i === picked ? 'edit-piece edit-piece-picked' : 'edit-piece'} draggable=${mayChange}
      onDragStart=${() => setHeld(i)} onDragEnd=${() => setHeld(-1)}
      onDragOver=${(/** @type {DragEvent} */ event) => held >= 0 && event.preventDefault()}
      onDrop=${(/** @type {DragEvent} */ event) => {
        event.preventDefault();
        if (held >= 0 && held !== i) {
          change({ do: 'move', clip: index, piece: held, to: i });
        }
        setHeld(-1);
      }}>
      <button type="button" class="edit-piece-main" onClick=${() => {
        onPick(i);
        onSeek(piece.from_ns, piece.lesson);
      }}>
        ${names[0] && html`<img src=${thumbUrl(piece.lesson, names[names.length - 1], piece.from_ns / 1e9)} alt="" width="112" height="63" loading="lazy" />`}
        <span class="unseen">${t.edit.piece(i + 1)}</span>
        <span class="edit-piece-words">
          <span>${exact(piece.from_ns)} – ${exact(piece.to_ns)}</span>
          <strong>${exact(lengthOf(piece))}</strong>
          ${several && html`<span>${lessons[piece.lesson] ? lessonName(t, lessons[piece.lesson]) : piece.lesson}</span>`}
        </span>
      </button>
      ${i === picked && html`<div class="edit-piece-acts">
        <button type="button" class="act" disabled=${!mayChange || i === 0} onClick=${() => change({ do: 'move', clip: index, piece: i, to: i - 1 }) && onPick(i - 1)}>${t.edit.earlier}</button>
        <button type="button" class="act" disabled=${!mayChange || i === clip.pieces.length - 1} onClick=${() => change({ do: 'move', clip: index, piece: i, to: i + 1 }) && onPick(i + 1)}>${t.edit.later}</button>
        <button type="button" class="act" disabled=${!mayChange} onClick=${() => change({ do: 'remove', clip: index, piece: i })}>${t.edit.remove}</button>
        ${names.length > 1 && html`<label class="edit-choice"><span>${t.edit.picture}</span>
          <select disabled=${!mayChange} onChange=${(/** @type {any} */ event) => change({ do: 'picture', clip: index, piece: i, picture: choices(t, names)[event.target.value].picture })}>
            ${choices(t, names).map(({ words, picture }, k) => html`<option value=${k} selected=${JSON.stringify(picture) === JSON.stringify(piece.picture || null)}>${words}</option>`)}
          </select>
        </label>`}
        ${[['fade_in_ns', t.edit.fadeIn], ['fade_out_ns', t.edit.fadeOut]].map(([key, words]) => html`<label class="edit-check">
          <input type="checkbox" disabled=${!mayChange} checked=${!!piece[/** @type {'fade_in_ns'} */ (key)]} onChange=${(/** @type {any} */ event) => change({
            do: 'fade', clip: index, piece: i, fade_in_ns: piece.fade_in_ns || 0, fade_out_ns: piece.fade_out_ns || 0,
            [key]: event.target.checked ? FADE_NS : 0 })} /> <span>${words}</span>
        </label>`)}
      </div>`}
    </li>`)}
  </ol>`;
}

/** @typedef {{ lesson: string, time_ns: number, title: string, picture_ns: number, track: string }} Suggestion */

/** Slides that begin in what is kept, and are no chapters yet. @param {Record<string, EditLesson>} lessons @param {DraftClip} clip @returns {Suggestion[]} */
function suggested(lessons, clip) {
  return Object.values(lessons).flatMap(({ id, tracks, slides }) => {
    const track = tracks.find(({ kind }) => kind === 'screen')?.name || '';
    return slides.filter(({ time_ns }) => pieceAt(clip, id, time_ns) >= 0 && !clip.chapters.some((one) => one.lesson === id && one.time_ns === time_ns))
      .map(({ time_ns, title, picture_ns }) => ({ lesson: id, time_ns, title, picture_ns, track }));
  });
}

/** @param {Props} props */
export function Chapters({ lessons, clip, index, mayChange, change, onSeek }) {
  const t = useWords();
  const heard = clip.chapters.map((one) => ({ ...one, piece: pieceAt(clip, one.lesson, one.time_ns) })).filter(({ piece }) => piece >= 0)
    .map((one) => ({ ...one, at: clipTimeOf(clip, one.piece, one.time_ns) })).sort((a, b) => a.at - b.at);
  const slides = suggested(lessons, clip);
  if (heard.length === 0 && slides.length === 0) {
    return null;
  }
  const add = (/** @type {Suggestion} */ { lesson, time_ns, title }) => change({ do: 'chapter', clip: index, lesson, time_ns, title });
  return html`<section class="edit-chapters"><h2>${t.edit.chapters}</h2><ol>
    ${heard.map(({ lesson, time_ns, title, at }) => html`<li key=${`${lesson} ${time_ns}`}>
      <button type="button" class="act" onClick=${() => onSeek(time_ns, lesson)}>${exact(at)}</button>
      <${Line} name="edit-chapter" value=${title} label=${t.edit.chapterTitle} disabled=${!mayChange}
        onText=${(/** @type {string} */ text) => change({ do: 'chapter', clip: index, lesson, time_ns, title: text })} />
      <button type="button" class="act" disabled=${!mayChange} aria-label=${t.edit.dropChapter} title=${t.edit.dropChapter}
        onClick=${() => change({ do: 'chapter', clip: index, lesson, time_ns, title: null })}>×</button>
    </li>`)}</ol>
    ${slides.length > 0 && html`<div class="edit-slides" role="group" aria-label=${t.edit.slides}>
      <p class="edit-quiet">${t.edit.slides}
        <button type="button" class="act" disabled=${!mayChange} onClick=${() => change({ do: 'become', clip: index, title: clip.title, pieces: clip.pieces,
          chapters: [...clip.chapters, ...slides.map(({ lesson, time_ns, title }) => ({ lesson, time_ns, title }))], look: lookOf(clip) })}>${t.edit.allSlides(slides.length)}</button></p>
      <ul>${slides.map((one) => html`<li key=${`${one.lesson} ${one.time_ns}`}>
        <button type="button" class="edit-slide" disabled=${!mayChange} onClick=${() => add(one)} title=${one.title}>
          <img src=${thumbUrl(one.lesson, one.track, one.picture_ns / 1e9)} alt="" width="112" height="63" loading="lazy" />
          <span>${one.title || exact(one.time_ns)}</span></button></li>`)}</ul>
    </div>`}
  </section>`;
}

/** @param {{ clip: DraftClip, index: number, mayChange: boolean, change: (change: DraftChange) => boolean }} props */
export function ClipHead({ clip, index, mayChange, change }) {
  const t = useWords();
  return html`<div class="edit-clip-head">
    <${Line} key=${index} name="edit-title" value=${clip.title} label=${t.edit.clipTitle} disabled=${!mayChange}
      onText=${(/** @type {string} */ text) => change({ do: 'title', clip: index, title: text })} />
    <span class="edit-length">${t.edit.length(exact(clipLength(clip)))}</span>
    <button type="button" class="act" disabled=${!mayChange} onClick=${() => change({ do: 'drop', clip: index, key: newKey() })}>${t.edit.dropClip}</button>
  </div>`;
}
