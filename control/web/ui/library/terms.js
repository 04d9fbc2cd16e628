// SPDX-License-Identifier: GPL-3.0-or-later
// The terms that are offered where somebody says what a lesson is: added, said otherwise, put in order,
// taken away. Each press is saved at once.

import { html, useEffect, useState } from '../../vendor/preact.js';
import { ask, change, faultText } from '../../lib/api.js';
import { said, useWords } from '../../lib/language.js';
import { LENGTH, TERMS } from '../../lib/library/metadata.js';
import { added, moved, renamed, rewrite, usersOf, without } from '../../lib/library/terms.js';
import { Asking } from '../asking.js';
import { Dialog } from '../dialog.js';

/** @typedef {import('../../types').Vocabularies} Vocabularies */
/** @typedef {import('../../lib/library/terms.js').Term} Term */
/** @typedef {{ term: string, now: Term } | null} Editing term '': a new one; which stands last */
/** @typedef {{ field: string, from: string, to: string, ids: string[], more: boolean }} Left who still says a term as it was */

/** @param {{ onChange: (vocabularies: Vocabularies) => void, onClose: () => void }} props */
export function Terms({ onChange, onClose }) {
  const t = useWords();
  const w = t.library;
  const [all, setAll] = useState(/** @type {Vocabularies | null} */ (null));
  const [field, setField] = useState(/** @type {typeof TERMS[number]} */ ('subject'));
  const [editing, setEditing] = useState(/** @type {Editing} */ (null));
  const [fresh, setFresh] = useState(/** @type {Term} */ ({ term: '', en: '' }));
  const [left, setLeft] = useState(/** @type {Left | null} */ (null));
  const [news, setNews] = useState('');
  const [trouble, setTrouble] = useState('');
  const list = all?.[field] || [];
  const dirty = !!fresh.term.trim() || !!editing && !list.some((one) => one.term === editing.now.term && (one.en || '') === (editing.now.en || ''));

  /** True when it was done. @param {() => Promise<void>} act */
  async function run(act) {
    setTrouble('');
    setNews('');
    try {
      await act();
      return true;
    } catch (error) {
      setTrouble(said(t, faultText(error)));
      return false;
    }
  }
  /** @param {(json: Vocabularies) => Vocabularies} edit */
  const save = (edit) => run(async () => {
    const now = await change('/vocabularies', edit);
    setAll(now);
    onChange(now);
  });
  useEffect(() => {
    run(async () => setAll(await ask('GET', '/vocabularies')));
  }, []);

  /** @param {Event} event */
  async function add(event) {
    event.preventDefault();
    const now = plain(fresh);
    if (now.term && await save((json) => added(json, field, now))) {
      setFresh({ term: '', en: '' });
    }
  }
  /** @param {Event} event */
  async function rename(event) {
    event.preventDefault();
    if (!editing || !plain(editing.now).term) {
      return;
    }
    const from = editing.term, now = plain(editing.now);
    if (!await save((json) => renamed(json, field, from, now))) {
      return; // what was written stands there still
    }
    setEditing(null);
    if (now.term !== from) {
      await run(async () => {
        const users = await usersOf(field, from);
        setLeft(users.ids.length > 0 ? { field, from, to: now.term, ...users } : null);
      });
    }
  }
  /** @param {Left} old */
  const rewriteAll = (old) => run(async () => {
    setLeft(null);
    let n = 0;
    for (const id of old.ids) {
      await rewrite(id, old.field, old.from, old.to);
      setNews(w.rewriting(++n, old.ids.length));
    }
    setNews(w.rewritten(n, old.to));
  });

  return html`<${Dialog} title=${w.terms} dirty=${dirty} onClose=${onClose}>
    <p class="quiet">${w.termsHint}</p>
    <label class="field terms-field"><span class="unseen">${w.terms}</span>
      <select value=${field} onChange=${(/** @type {any} */ event) => {
        setField(event.target.value);
        setEditing(null);
      }}>${TERMS.map((key) => html`<option value=${key}>${w.fields[key]}</option>`)}</select></label>
    <div role="status">${news && html`<p class="band band-good">${news}</p>`}</div>
    ${trouble && html`<p class="band band-bad" role="alert">${trouble}</p>`}
    ${left && html`<div class="band band-warn terms-left" role="alert">${w.stillSaid(left.ids.length, left.more, left.from)}
      <button type="button" class="button button-small" onClick=${() => rewriteAll(left)}>${w.rewrite(left.to)}</button>
      <button type="button" class="button button-small" onClick=${() => setLeft(null)}>${w.leaveThem}</button></div>`}
    ${all && list.length === 0 && html`<p class="quiet">${w.noTerms}</p>`}
    <ol class="terms">${list.map((one, i) => html`<li key=${one.term} class="term">
      ${editing?.term === one.term
        ? html`<form class="term-form" onSubmit=${rename}>
            <${Both} term=${editing.now} onInput=${(/** @type {Term} */ now) => setEditing({ term: one.term, now })} />
            <button type="submit" class="button button-small">${w.save}</button>
            <button type="button" class="button button-small" onClick=${() => setEditing(null)}>${t.cancel}</button>
          </form>`
        : html`<span class="term-words"><bdi>${one.term}</bdi>${one.en && html` <bdi class="quiet">${one.en}</bdi>`}</span>
          <${Order} name=${one.term} i=${i} n=${list.length} onMove=${(/** @type {number} */ by) => save((json) => moved(json, field, one.term, by))} />
          <button type="button" class="button button-small term-edit" onClick=${() => setEditing({ term: one.term, now: { term: one.term, en: one.en || '' } })}>
            ${w.rename}<span class="unseen"> ${one.term}</span></button>
          <${Drop} field=${field} term=${one.term} onYes=${() => save((json) => without(json, field, one.term))} />`}
    </li>`)}</ol>
    <form class="term-form term-new" onSubmit=${add}>
      <${Both} term=${fresh} onInput=${setFresh} />
      <button type="submit" class="button button-small">${w.addTerm}</button>
    </form>
  <//>`;
}

/** @param {Term} term @returns {Term} */
const plain = ({ term, en }) => ({ term: term.trim(), ...(en?.trim() && { en: en.trim() }) });

/** @param {{ term: Term, onInput: (term: Term) => void }} props */
function Both({ term, onInput }) {
  const { library: w } = useWords();
  return html`
    <input type="text" class="term-zh" value=${term.term} maxlength=${LENGTH} autocomplete="off" aria-label=${w.term} placeholder=${w.term}
      onInput=${(/** @type {any} */ event) => onInput({ ...term, term: event.target.value })} />
    <input type="text" class="term-en" value=${term.en || ''} maxlength=${LENGTH} autocomplete="off" aria-label=${w.termEn} placeholder=${w.termEn} lang="en"
      onInput=${(/** @type {any} */ event) => onInput({ ...term, en: event.target.value })} />`;
}

/**
 * One place up, one place down.
 * @param {{ name: string, i: number, n: number, onMove: (by: number) => void }} props
 */
export function Order({ name, i, n, onMove }) {
  const { library: w } = useWords();
  return html`<span class="order">
    <button type="button" class="button button-small" aria-label=${w.up(name)} aria-disabled=${i === 0} onClick=${() => i > 0 && onMove(-1)}>↑</button>
    <button type="button" class="button button-small" aria-label=${w.down(name)} aria-disabled=${i === n - 1} onClick=${() => i < n - 1 && onMove(1)}>↓</button>
  </span>`;
}

/** Takes it away; before, it is said who uses it. @param {{ field: string, term: string, onYes: () => void }} props */
function Drop({ field, term, onYes }) {
  const { library: w } = useWords();
  const [words, setWords] = useState('');
  const look = async () => setWords(await usersOf(field, term).then(({ ids, more }) => w.askDropTerm(ids.length, more, term), () => w.askDropTerm(0, true, term)));
  return html`<${Asking} button=${w.dropTerm} label=${`${w.dropTerm} ${term}`} words=${words} yes=${w.dropTerm} lost=${false} before=${look} onYes=${onYes} />`;
}
