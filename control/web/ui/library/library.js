// SPDX-License-Identifier: GPL-3.0-or-later
// The library: lessons and microlessons are found, described, gathered, shared and thrown away.

import { html, useEffect, useRef, useState } from '../../vendor/preact.js';
import { ask, faultText } from '../../lib/api.js';
import { chooseWords, LanguageProvider, said, startingWords, useWords } from '../../lib/language.js';
import { chosen, isNarrowed } from '../../lib/library/query.js';
import { Head } from '../head.js';
import { Jobs } from '../jobs.js';
import { Card } from './card.js';
import { CollectionHead } from './collection.js';
import { Details } from './details.js';
import { Filters } from './filters.js';
import { Upload } from '../upload.js';
import { Terms } from './terms.js';
import { useLibrary, useQuery } from './use_library.js';

/** @typedef {import('../../types').Collection} Collection */
/** @typedef {import('../../types').FaultText} FaultText */
/** @typedef {import('../../types').LibraryItem} LibraryItem */
/** @typedef {import('../../types').Vocabularies} Vocabularies */
/** @typedef {{ words: string, undo?: () => Promise<void>, bad?: boolean }} News */

const JOBS_MS = 2000;
const SHOWN = ['export', 'import']; // the others do what nobody asked for
const SORTS = /** @type {const} */ (['relevance', 'newest', 'oldest', 'title', 'longest']);

export function Library() {
  const [t, setWords] = useState(startingWords);
  useEffect(() => {
    document.documentElement.lang = t.locale;
    document.title = `${t.library.title} · ${t.title}`;
  }, [t]);
  return html`<${LanguageProvider} value=${t}>
    <${Head} onLanguage=${(/** @type {'zh' | 'en'} */ lang) => setWords(chooseWords(lang))} />
    <main><${Shelves} /></main>
  <//>`;
}

/** What the whole page needs beside the list. */
function useShelves() {
  const [collections, setCollections] = useState(/** @type {Collection[]} */ ([]));
  const [vocabularies, setVocabularies] = useState(/** @type {Vocabularies} */ ({}));
  const lookAtCollections = () => ask('GET', '/collections').then((answer) => setCollections(answer.collections), () => {});
  useEffect(() => {
    lookAtCollections();
    ask('GET', '/vocabularies').then(setVocabularies, () => {}); // without them one types
  }, []);
  return { collections, vocabularies, setVocabularies, lookAtCollections };
}

/** What somebody has asked lectern-worker for, as long as the page is seen. */
function useJobs() {
  const [jobs, setJobs] = useState(/** @type {import('../../types').Job[]} */ ([]));
  useEffect(() => {
    const look = () => document.hidden || ask('GET', '/jobs').then((answer) => setJobs(answer.jobs.filter((/** @type {import('../../types').Job} */ one) => SHOWN.includes(one.kind))), () => {}); // asked again
    look();
    const timer = setInterval(look, JOBS_MS);
    return () => clearInterval(timer);
  }, []);
  return jobs;
}

function Shelves() {
  const t = useWords();
  const w = t.library;
  const { query, look } = useQuery();
  const { part, trouble, more, again } = useLibrary(query);
  const { collections, vocabularies, setVocabularies, lookAtCollections } = useShelves();
  const jobs = useJobs();
  const [open, setOpen] = useState(/** @type {LibraryItem | null} */ (null));
  const [terms, setTerms] = useState(false);
  const [news, setNews] = useState(/** @type {News | null} */ (null));
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  const inTrash = query.trash === '1';
  const collection = collections.find(({ id }) => id === query.collection);

  /**
   * Does something that may be refused, says how it went and looks again.
   * @param {() => Promise<News | null>} act
   */
  async function run(act) {
    setNews(null);
    try {
      setNews(await act());
    } catch (error) {
      setNews({ words: said(t, faultText(error)), bad: true });
    }
    again();
    lookAtCollections();
    field.current?.focus({ preventScroll: true }); // what had the focus is gone
  }

  /** @param {LibraryItem} item */
  const restore = (item) => run(async () => {
    await ask('DELETE', `/items/${item.id}/trash`);
    return { words: w.restored(item.title || w.untitled) };
  });
  const acts = {
    restore,
    /** @param {LibraryItem} item */
    forget: (item) => run(async () => {
      await ask('DELETE', `/items/${item.id}`);
      return { words: w.gone(item.title || w.untitled) };
    }),
    /** @param {LibraryItem} item */
    open: (item) => setOpen(item),
  };
  const item = open && (part?.items.find(({ id }) => id === open.id) || open); // saved, it may be none of those that are looked for

  return html`<div class="shelves">
    <aside class="shelves-side">
      <${Filters} query=${query} part=${part} vocabularies=${vocabularies} collections=${collections} onLook=${look} onTerms=${() => setTerms(true)}
        onAdd=${(/** @type {string} */ title) => run(async () => {
          look({ collection: (await ask('POST', '/collections', { title })).id });
          return null;
        })} />
    </aside>
    <section class="shelves-main" aria-labelledby="shelves-title">
      <div class="shelves-top">
        <h2 id="shelves-title">${inTrash ? w.trash : collection ? collection.title : w.title}</h2>
        <label class="search"><span class="unseen">${w.search}</span>
          <input type="search" ref=${field} value=${query.q || ''} placeholder=${w.searchHint} autocomplete="off" maxlength="60"
            onInput=${(/** @type {any} */ event) => look(chosen(query, 'q', event.target.value), false)} /></label>
        <label class="sort">${w.sort}
          <select value=${query.sort || (query.q || collection ? 'relevance' : 'newest')} onChange=${(/** @type {any} */ event) => look(chosen(query, 'sort', event.target.value))}>
            ${SORTS.filter((sort) => sort !== 'relevance' || query.q || collection)
              .map((sort) => html`<option value=${sort}>${sort === 'relevance' && !query.q ? w.collectionOrder : w.sorts[sort]}</option>`)}
          </select></label>
      </div>
      <div class="shelves-news" role="status">
        ${news && html`<p class=${`band ${news.bad ? 'band-bad' : 'band-good'}`}>${news.words}
          ${news.undo && html` <button type="button" class="button button-small" onClick=${news.undo}>${w.undo}</button>`}</p>`}
      </div>
      ${trouble && html`<p class="band band-bad" role="alert">${w.trouble} ${said(t, trouble)}</p>`}
      ${part?.building && html`<p class="band band-calm">${w.building}</p>`}
      ${inTrash && part && html`<p class="quiet">${w.trashDays(part.trash_days)}</p>`}
      ${collection && !inTrash && html`<${CollectionHead} key=${collection.id} collection=${collection}
        onSaid=${(/** @type {string} */ said_) => setNews({ words: said_ })} onSaved=${() => run(async () => null)} onDrop=${() => run(async () => {
        await ask('DELETE', `/collections/${collection.id}`);
        look({});
        return null;
      })} />`}
      ${!part && !trouble && html`<p class="opening">${w.opening}</p>`}
      ${part && html`<p class="found" role="status">
        ${part.items.length > 0 ? w.found(part.total) : isNarrowed(query) ? w.noneFound : inTrash ? w.noneTrashed : w.none}
        ${isNarrowed(query) && html` <button type="button" class="button button-small" onClick=${() => look(inTrash ? { trash: '1' } : {})}>${w.clear}</button>`}
      </p>`}
      <ul class="cards">
        ${part?.items.map((one) => html`<${Card} key=${one.id} item=${one} vocabularies=${vocabularies} trashDays=${part.trash_days} acts=${acts} />`)}
      </ul>
      ${part?.next && html`<button type="button" class="button shelves-more" onClick=${more}>${w.more}</button>`}
      ${!inTrash && html`<${Upload} onDone=${again} />`}
      ${jobs.length > 0 && html`<${Jobs} jobs=${jobs} lost=${false} />`}
    </section>
    ${terms && html`<${Terms} onChange=${setVocabularies} onClose=${() => {
      setTerms(false);
      again();
    }} />`}
    ${item && html`<${Details} key=${item.id} item=${item} vocabularies=${vocabularies} collections=${collections}
      onChange=${() => {
        again();
        lookAtCollections();
      }}
      onClose=${() => setOpen(null)}
      onTrashed=${() => {
        setOpen(null);
        run(async () => ({ words: w.trashed(item.title || w.untitled), undo: () => restore(item) }));
      }} />`}
  </div>`;
}
