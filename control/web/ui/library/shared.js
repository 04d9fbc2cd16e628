// SPDX-License-Identifier: GPL-3.0-or-later
// A collection for who has a link of it: what is in it, to be watched and nothing else.

import { html, useEffect, useState } from '../../vendor/preact.js';
import { ask, faultText, playUrl } from '../../lib/api.js';
import { day, seconds, span } from '../../lib/format.js';
import { chooseWords, LanguageProvider, said, startingWords, useWords } from '../../lib/language.js';
import { Languages } from '../head.js';
import { Sight } from './card.js';

/** @typedef {import('../../types').LibraryItem} LibraryItem */
/** @typedef {{ title: string, description: string, items: LibraryItem[], building: boolean }} Shown */

const SOON_MS = 1000; // folders are looked through

/** All of it, a part at a time. @param {string} id @returns {Promise<Shown>} */
async function read(id) {
  let items = /** @type {LibraryItem[]} */ ([]);
  for (let after = ''; ;) {
    const part = await ask('GET', `/collections/${id}/items${after && `?${new URLSearchParams({ after })}`}`);
    items = items.concat(part.items);
    if (!part.next) {
      return { ...part, items };
    }
    after = part.next;
  }
}

/** @param {{ id: string }} props */
export function SharedCollection({ id }) {
  const [t, setWords] = useState(startingWords);
  const [shown, setShown] = useState(/** @type {Shown | null} */ (null));
  const [trouble, setTrouble] = useState(/** @type {import('../../types').FaultText | null} */ (null));
  useEffect(() => {
    let timer = 0;
    const look = () => read(id).then((whole) => {
      setShown(whole);
      timer = whole.building ? setTimeout(look, SOON_MS) : 0;
    }, (error) => setTrouble(faultText(error)));
    look();
    return () => clearTimeout(timer);
  }, [id]);
  useEffect(() => {
    document.documentElement.lang = t.locale;
    document.title = `${shown ? shown.title : t.library.collections} · ${t.title}`;
  }, [t, shown]);
  return html`<${LanguageProvider} value=${t}>
    <header class="head"><div class="head-in">
      <p class="brand"><img src="/favicon.svg" alt="" width="28" height="28" /> <span class="brand-words">${t.title}</span></p>
      <${Languages} onLanguage=${(/** @type {'zh' | 'en'} */ lang) => setWords(chooseWords(lang))} />
    </div></header>
    <main class="shared">
      ${trouble && html`<p class="band band-bad" role="alert">${said(t, trouble)}</p>`}
      ${!shown && !trouble && html`<p class="opening">${t.library.openingShared}</p>`}
      ${shown && html`<h1>${shown.title}</h1>
        ${shown.description && html`<p class="collection-about">${shown.description}</p>`}
        ${shown.building && html`<p class="band band-calm">${t.library.building}</p>`}
        <p class="found" role="status">${shown.items.length > 0 ? t.library.inShared(shown.items.length) : t.library.noneShared}</p>
        <ul class="cards">${shown.items.map((one) => html`<${SharedCard} key=${one.id} item=${one} />`)}</ul>`}
    </main>
  <//>`;
}

/** @param {{ item: LibraryItem }} props */
function SharedCard({ item }) {
  const t = useWords();
  const w = t.library;
  const nameId = `item-${item.id}`;
  return html`<li class="item" aria-labelledby=${nameId}>
    <${Sight} item=${item} length=${span(seconds(item.duration_ns))} />
    <div class="item-words">
      <h2 id=${nameId}><a class="item-name" href=${playUrl(item.id)}>${item.title || w.untitled}</a></h2>
      <p class="item-facts"><span class="tag tag-${item.kind}">${w.kinds[item.kind]}</span>
        ${[item.subject, item.teachers.join(w.teacherJoin)].filter(Boolean).map((fact) => html`<span>${fact}</span>`)}</p>
      <p class="item-day">${day(item.created, t.locale)}</p>
    </div>
  </li>`;
}
