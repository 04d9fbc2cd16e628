// SPDX-License-Identifier: GPL-3.0-or-later
// What is shown of the library: kind, state, facets, collections, the trash.

import { html, useEffect, useState } from '../../vendor/preact.js';
import { own } from '../../lib/format.js';
import { useWords } from '../../lib/language.js';
import { chosen, FACETS, isNarrowed } from '../../lib/library/query.js';
import { termName } from './names.js';

/** @typedef {import('../../lib/library/query.js').Query} Query */
/** @typedef {{ value: string, words: string, count?: number }} Choice */

const WIDE = '(min-width: 901px)';

/**
 * @param {{ query: Query, part: import('../../types').LibraryPart | null, vocabularies: import('../../types').Vocabularies,
 *   collections: import('../../types').Collection[], onLook: (query: Query) => void, onAdd: (title: string) => void, onTerms: () => void }} props
 */
export function Filters({ query, part, vocabularies, collections, onLook, onAdd, onTerms }) {
  const t = useWords();
  const w = t.library;
  const [open, setOpen] = useState(() => matchMedia(WIDE).matches);
  useEffect(() => { // turned, or the window made wider: there they have no head to be opened by
    const wide = matchMedia(WIDE);
    const turn = () => setOpen(wide.matches);
    wide.addEventListener('change', turn);
    return () => wide.removeEventListener('change', turn);
  }, []);
  const choose = (/** @type {string} */ key) => (/** @type {string} */ value) => onLook(chosen(query, key, value));
  /** @param {Record<string, string>} words @returns {Choice[]} */
  const both = (words) => Object.entries(words).map(([value, text]) => ({ value, words: text }));
  const facets = FACETS.map((key) => ({
    key,
    choices: (part?.facets[key] || []).map(({ term, count }) => ({ value: term, words: termName(t, vocabularies, key, term), count })),
  })).filter(({ key, choices }) => choices.length > 0 || query[key]);
  return html`<details class="filters" open=${open} onToggle=${(/** @type {any} */ event) => setOpen(event.currentTarget.open)}>
    <summary class="filters-head">${w.filters}${isNarrowed(query) && html` <span class="filters-on" aria-hidden="true">●</span>`}</summary>
    <div class="filters-in">
      <${Choices} legend=${w.kind} chosen=${query.kind} choices=${both(w.kinds)} onChoose=${choose('kind')} />
      <${Choices} legend=${w.state} chosen=${query.state} choices=${both(w.states)} onChoose=${choose('state')} />
      ${facets.map(({ key, choices }) => html`<label class="field filter" key=${key}><span>${w.fields[key]}</span>
        <select value=${query[key] || ''} onChange=${(/** @type {any} */ event) => choose(key)(event.target.value)}>
          <option value="">${w.all}</option>
          ${query[key] && !choices.some(({ value }) => value === query[key])
            && html`<option value=${query[key]}>${termName(t, vocabularies, key, query[key])}</option>`}
          ${choices.map(({ value, words, count }) => html`<option value=${value}>${own(words)} (${count})</option>`)}
        </select></label>`)}
      <nav class="places-in" aria-label=${w.collections}>
        <h2>${w.collections}</h2>
        <${Place} on=${!query.collection && !query.trash} words=${w.allItems} query=${{}} onLook=${onLook} />
        ${collections.map(({ id, title, count }) => html`<${Place} key=${id} on=${query.collection === id} words=${title} count=${count}
          query=${{ collection: id }} onLook=${onLook} />`)}
        <${NewCollection} onAdd=${onAdd} />
        <${Place} on=${query.trash === '1'} words=${w.trash} query=${{ trash: '1' }} onLook=${onLook} />
        ${!query.trash && html`<a class="place-in" href="#uploads">${t.uploads.title}</a>`}
      </nav>
      <button type="button" class="place-in place-terms" aria-haspopup="dialog" onClick=${onTerms}>${w.terms}</button>
    </div>
  </details>`;
}

/** @param {{ legend: string, chosen: string | undefined, choices: Choice[], onChoose: (value: string) => void }} props */
function Choices({ legend, chosen: now, choices, onChoose }) {
  const t = useWords();
  return html`<div class="choices" role="group" aria-label=${legend}>
    <span class="choices-legend">${legend}</span>
    <span class="choices-in">${[{ value: '', words: t.library.all }, ...choices].map(({ value, words }) => html`
      <button type="button" class="button button-small" aria-pressed=${(now || '') === value} onClick=${() => onChoose(value)}>${words}</button>`)}</span>
  </div>`;
}

/** @param {{ on: boolean, words: string, count?: number, query: Query, onLook: (query: Query) => void }} props */
function Place({ on, words, count, query, onLook }) {
  return html`<button type="button" class="place-in" aria-current=${on ? 'page' : undefined} onClick=${() => onLook(query)}>
    <span>${words}</span>${count !== undefined && html`<span class="quiet">${count}</span>`}</button>`;
}

/** @param {{ onAdd: (title: string) => void }} props */
function NewCollection({ onAdd }) {
  const { library: w } = useWords();
  const [title, setTitle] = useState('');
  return html`<form class="new-collection" onSubmit=${(/** @type {Event} */ event) => {
    event.preventDefault();
    if (title.trim()) {
      onAdd(title.trim());
      setTitle('');
    }
  }}>
    <input type="text" value=${title} maxlength="200" aria-label=${w.newCollection} placeholder=${w.newCollection}
      onInput=${(/** @type {any} */ event) => setTitle(event.target.value)} />
    <button type="submit" class="button button-small">${w.addCollection}</button>
  </form>`;
}
