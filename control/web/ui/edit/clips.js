// SPDX-License-Identifier: GPL-3.0-or-later
// The microlessons of a draft: their titles, pieces in order, chapters.

import { html, useState } from '../../vendor/preact.js';
import { thumbUrl } from '../../lib/api.js';
import { clipLength, clipTimeOf, lengthOf, pieceAt } from '../../lib/edit/draft.js';
import { exact } from '../../lib/format.js';
import { useWords } from '../../lib/language.js';
import { isSound, trackName } from '../../lib/names.js';

/** @typedef {import('../../types').Draft} Draft */
/** @typedef {import('../../types').DraftClip} DraftClip */
/** @typedef {import('../../types').DraftChange} DraftChange */
/** @typedef {import('../../types').DraftPicture} DraftPicture */
/** @typedef {import('../../types').EditLesson} EditLesson */
/** @typedef {{ lesson: EditLesson, clip: DraftClip, index: number, mayChange: boolean, change: (change: DraftChange) => boolean, onSeek: (ns: number) => void }} Props */

const FADE_NS = 1e9;

/**
 * A line of text: what is being typed stays, whatever else on the page changes meanwhile.
 * @param {{ value: string, label: string, name: string, disabled: boolean, onText: (text: string) => void }} props
 */
function Line({ value, label, name, disabled, onText }) {
  const [typed, setTyped] = useState(/** @type {string | null} */ (null));
  return html`<input type="text" class=${name} maxlength="200" value=${typed ?? value} disabled=${disabled} aria-label=${label} placeholder=${label}
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
      ${clip.title || t.edit.clip(i + 1)}${clip.saved ? html`<span class="edit-saved" title=${t.edit.inTheLibrary}> ✓<span class="unseen">${t.edit.inTheLibrary}</span></span>` : ''}
    </button>`)}
    <button type="button" class="act" disabled=${!mayChange} onClick=${onAdd}>+ ${t.edit.addClip}</button>
  </div>`;
}

/** @param {Props & { picked: number, onPick: (piece: number) => void }} props */
export function Pieces({ lesson, clip, index, mayChange, change, onSeek, picked, onPick }) {
  const t = useWords();
  const [held, setHeld] = useState(-1); // dragged to another place
  const names = lesson.tracks.map((track) => track.name).filter((name) => !isSound(name));
  const pictures = choices(t, names);
  if (clip.pieces.length === 0) {
    return html`<div class="edit-empty">
      <p>${t.edit.empty}</p>
      <button type="button" class="act" disabled=${!mayChange}
        onClick=${() => change({ do: 'keep', clip: index, from_ns: 0, to_ns: lesson.duration_ns })}>${t.edit.keepAll}</button>
    </div>`;
  }
  return html`<ol class="edit-pieces" aria-label=${t.edit.pieces}>
    ${clip.pieces.map((piece, i) => html`<li key=${i} class=${i === picked ? 'edit-piece edit-piece-picked' : 'edit-piece'} draggable=${mayChange}
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
        onSeek(piece.from_ns);
      }}>
        ${names[0] && html`<img src=${thumbUrl(lesson.id, names[names.length - 1], piece.from_ns / 1e9)} alt="" width="112" height="63" loading="lazy" />`}
        <span class="unseen">${t.edit.piece(i + 1)}</span>
        <span class="edit-piece-words">
          <span>${exact(piece.from_ns)} – ${exact(piece.to_ns)}</span>
          <strong>${exact(lengthOf(piece))}</strong>
        </span>
      </button>
      ${i === picked && html`<div class="edit-piece-acts">
        <button type="button" class="act" disabled=${!mayChange || i === 0} onClick=${() => change({ do: 'move', clip: index, piece: i, to: i - 1 }) && onPick(i - 1)}>${t.edit.earlier}</button>
        <button type="button" class="act" disabled=${!mayChange || i === clip.pieces.length - 1} onClick=${() => change({ do: 'move', clip: index, piece: i, to: i + 1 }) && onPick(i + 1)}>${t.edit.later}</button>
        <button type="button" class="act" disabled=${!mayChange} onClick=${() => change({ do: 'remove', clip: index, piece: i })}>${t.edit.remove}</button>
        ${names.length > 1 && html`<label class="edit-choice"><span>${t.edit.picture}</span>
          <select disabled=${!mayChange} onChange=${(/** @type {any} */ event) => change({ do: 'picture', clip: index, piece: i, picture: pictures[event.target.value].picture })}>
            ${pictures.map(({ words, picture }, k) => html`<option value=${k} selected=${JSON.stringify(picture) === JSON.stringify(piece.picture || null)}>${words}</option>`)}
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

/** @param {Props} props */
export function Chapters({ clip, index, mayChange, change, onSeek }) {
  const t = useWords();
  const heard = clip.chapters.filter(({ time_ns }) => pieceAt(clip, time_ns) >= 0);
  if (heard.length === 0) {
    return null;
  }
  return html`<section class="edit-chapters"><h2>${t.edit.chapters}</h2><ol>
    ${heard.map(({ time_ns, title }) => html`<li key=${time_ns}>
      <button type="button" class="act" onClick=${() => onSeek(time_ns)}>${exact(clipTimeOf(clip, pieceAt(clip, time_ns), time_ns))}</button>
      <${Line} name="edit-chapter" value=${title} label=${t.edit.chapterTitle} disabled=${!mayChange}
        onText=${(/** @type {string} */ text) => change({ do: 'chapter', clip: index, time_ns, title: text })} />
      <button type="button" class="act" disabled=${!mayChange} aria-label=${t.edit.dropChapter} title=${t.edit.dropChapter}
        onClick=${() => change({ do: 'chapter', clip: index, time_ns, title: null })}>×</button>
    </li>`)}
  </ol></section>`;
}

/** @param {{ clip: DraftClip, index: number, mayChange: boolean, change: (change: DraftChange) => boolean }} props */
export function ClipHead({ clip, index, mayChange, change }) {
  const t = useWords();
  return html`<div class="edit-clip-head">
    <${Line} key=${index} name="edit-title" value=${clip.title} label=${t.edit.clipTitle} disabled=${!mayChange}
      onText=${(/** @type {string} */ text) => change({ do: 'title', clip: index, title: text })} />
    <span class="edit-length">${t.edit.length(exact(clipLength(clip)))}</span>
    <button type="button" class="act" disabled=${!mayChange} onClick=${() => change({ do: 'drop', clip: index })}>${t.edit.dropClip}</button>
  </div>`;
}
