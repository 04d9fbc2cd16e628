// SPDX-License-Identifier: GPL-3.0-or-later
// The lessons on the table: which one the time line shows, and one more out of the library.

import { html, useEffect, useState } from '../../vendor/preact.js';
import { ask, faultText, thumbUrl } from '../../lib/api.js';
import { day, seconds, span } from '../../lib/format.js';
import { said, useWords } from '../../lib/language.js';
import { EditDialog } from './dialog.js';

/** @typedef {import('../../types').EditLesson} EditLesson */
/** @typedef {import('../../types').LibraryItem} LibraryItem */

const TYPING_MS = 150;
const FOUND_MAX = 12;

/** @param {import('../../lib/language.js').Words} t @param {Pick<EditLesson, 'title' | 'created' | 'id'>} lesson */
export const lessonName = (t, { title, created, id }) => title || (created ? day(created, t.locale) : id);

/** @param {{ lessons: Record<string, EditLesson>, shown: string, mayChange: boolean, onShow: (id: string) => void, onAdd: (id: string, duration_ns: number) => void }} props */
export function Table({ lessons, shown, mayChange, onShow, onAdd }) {
  const t = useWords();
  const [looking, setLooking] = useState(false);
  const all = Object.values(lessons);
  return html`<div class="edit-table" role="group" aria-label=${t.edit.table}>
    ${all.length > 1 && all.map((one) => html`<button type="button" class="act" key=${one.id} aria-pressed=${one.id === shown} disabled=${one.tracks.length === 0}
      onClick=${() => onShow(one.id)}>${lessonName(t, one)}${one.tracks.length === 0 && ` (${t.edit.gone})`}</button>`)}
    <button type="button" class="act" disabled=${!mayChange} aria-haspopup="dialog" onClick=${() => setLooking(true)}>+ ${t.edit.otherLesson}</button>
    ${looking && html`<${Search} known=${lessons} onClose=${() => setLooking(false)} onChoose=${(/** @type {LibraryItem} */ item) => {
      setLooking(false);
      onAdd(item.id, item.duration_ns);
    }} />`}
  </div>`;
}

/** Lessons of the library that are found as one types. @param {string} wanted */
function useFound(wanted) {
  const t = useWords();
  const [found, setFound] = useState(/** @type {LibraryItem[] | null} */ (null));
  const [trouble, setTrouble] = useState('');
  useEffect(() => {
    let current = true;
    const timer = setTimeout(() => {
      const search = new URLSearchParams({ kind: 'lesson', limit: String(FOUND_MAX), sort: 'relevance', ...(wanted.trim() && { q: wanted.trim() }) });
      ask('GET', `/library?${search}`).then(({ items }) => {
        if (current) {
          setTrouble('');
          setFound(items.filter((/** @type {LibraryItem} */ one) => !one.recording && one.duration_ns > 0));
        }
      }, (error) => current && setTrouble(said(t, faultText(error))));
    }, TYPING_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [wanted]);
  return { found, trouble };
}

/** @param {{ known: Record<string, EditLesson>, onChoose: (item: LibraryItem) => void, onClose: () => void }} props */
function Search({ known, onChoose, onClose }) {
  const t = useWords();
  const [wanted, setWanted] = useState('');
  const { found, trouble } = useFound(wanted);
  const fresh = found?.filter((one) => !known[one.id]);
  return html`<${EditDialog} title=${t.edit.otherLesson} onClose=${onClose}>
    <input type="search" value=${wanted} aria-label=${t.library.search} placeholder=${t.library.searchHint} maxlength="200"
      onInput=${(/** @type {any} */ event) => setWanted(event.target.value)} />
    <p role="status">${trouble || (fresh?.length === 0 && t.edit.noLesson)}</p>
    <ol class="edit-found">${fresh?.map((one) => html`<li key=${one.id}><button type="button" onClick=${() => onChoose(one)}>
      ${one.cover ? html`<img src=${thumbUrl(one.cover.lesson, one.cover.track, seconds(one.cover.time_ns))} alt="" width="112" height="63" loading="lazy" />` : html`<span class="edit-no-cover"></span>`}
      <span class="edit-piece-words"><strong>${lessonName(t, one)}</strong>
        <span>${[span(seconds(one.duration_ns)), one.title && day(one.created, t.locale), ...one.teachers].filter(Boolean).join(' · ')}</span></span>
    </button></li>`)}</ol>
  <//>`;
}
