// SPDX-License-Identifier: GPL-3.0-or-later
// A lesson or microlesson in the list.

import { html, useState } from '../../vendor/preact.js';
import { ask, playUrl, thumbUrl } from '../../lib/api.js';
import { day, seconds, span } from '../../lib/format.js';
import { useWords } from '../../lib/language.js';
import { Asking } from '../asking.js';
import { termName } from './names.js';

/** @typedef {import('../../types').LibraryItem} LibraryItem */
/** @typedef {{ restore: (item: LibraryItem) => void, forget: (item: LibraryItem) => void, open: (item: LibraryItem) => void }} Acts */

const DAY_MS = 86400e3;

/** @param {{ item: LibraryItem, vocabularies: import('../../types').Vocabularies, trashDays: number, acts: Acts }} props */
export function Card({ item, vocabularies, trashDays, acts }) {
  const t = useWords();
  const w = t.library;
  const title = item.title || w.untitled;
  const length = span(seconds(item.duration_ns));
  const facts = [...(/** @type {const} */ (['subject', 'grade'])).map((key) => item[key] && termName(t, vocabularies, key, item[key])),
    item.teachers.join(w.teacherJoin)].filter(Boolean);
  const nameId = `item-${item.id}`;
  return html`<li class="item" aria-labelledby=${nameId}>
    <${Sight} item=${item} length=${length} />
    <div class="item-words">
      <h3 id=${nameId}><${Name} item=${item} title=${title} /></h3>
      <p class="item-facts">
        <span class="tag tag-${item.kind}">${w.kinds[item.kind]}</span>
        <span class="tag tag-${item.state}">${w.states[item.state]}</span>
        ${facts.map((fact) => html`<span>${fact}</span>`)}
      </p>
      <p class="item-day">${day(item.created, t.locale)}</p>
      ${item.hits.length > 0 && html`<ul class="hits" aria-label=${w.hits}>
        ${item.hits.map((hit) => html`<li><span class="hit-kind">${w.hitKinds[hit.kind]}</span> ${hit.time_ns === null
          ? html`<span class="hit-text">${hit.text}</span>`
          : html`<a class="hit-at" href=${playUrl(item.id, hit.time_ns)}>
              <${HitPicture} item=${item} hit=${hit} />
              <span class="hit-time">${span(seconds(hit.time_ns))}</span> <span class="hit-text">${hit.text}</span></a>`}</li>`)}
      </ul>`}
      <div class="item-acts">
        ${item.trashed
          ? html`<${InTrash} item=${item} title=${title} trashDays=${trashDays} acts=${acts} />`
          : html`<button type="button" class="button button-small" onClick=${() => acts.open(item)}>${w.details}<span class="unseen"> ${title}</span></button>
            ${!item.recording && html`<a class="button button-small" href=${`/edit/${item.id}`}>${t.edit.title}<span class="unseen"> ${title}</span></a>`}`}
      </div>
    </div>
  </li>`;
}

/** @param {{ item: LibraryItem, title: string }} props */
const Name = ({ item, title }) => (item.trashed ? html`<span class="item-name">${title}</span>`
  : html`<a class="item-name" href=${playUrl(item.id)}>${title}</a>`);

/** What stood on the screen there. @param {{ item: LibraryItem, hit: LibraryItem['hits'][number] }} props */
function HitPicture({ item, hit }) {
  const [broken, setBroken] = useState(false);
  const track = hit.kind === 'slide' ? 'screen' : hit.kind === 'chapter' ? item.cover?.track : '';
  if (!hit.picture || !track || broken) {
    return null;
  }
  return html`<img class="hit-picture" src=${thumbUrl(hit.picture.lesson, track, seconds(hit.picture.time_ns))} alt="" width="64" height="36" loading="lazy"
    onError=${() => setBroken(true)} />`;
}

/** The picture; the name beside it is the link for who does not see. @param {{ item: LibraryItem, length: string }} props */
export function Sight({ item, length }) {
  const t = useWords();
  const [broken, setBroken] = useState(false);
  const inside = html`
    ${item.cover && !broken && html`<img src=${thumbUrl(item.cover.lesson, item.cover.track, seconds(item.cover.time_ns))} alt="" width="320" height="180"
      loading="lazy" onError=${() => setBroken(true)} />`}
    <span class="item-length">${item.recording ? t.library.running : length}</span>`;
  return item.trashed ? html`<div class="item-sight">${inside}</div>`
    : html`<a class="item-sight" href=${playUrl(item.id)} tabindex="-1" aria-hidden="true">${inside}</a>`;
}

/** @param {{ item: LibraryItem, title: string, trashDays: number, acts: Acts }} props */
function InTrash({ item, title, trashDays, acts }) {
  const { library: w } = useWords();
  const [users, setUsers] = useState('');
  const until = Date.parse(item.trashed || '') + trashDays * DAY_MS;

  async function lookForUsers() {
    const whole = await ask('GET', `/items/${item.id}`).catch(() => ({})); // the server says then why not
    setUsers((whole.used_by || []).map((/** @type {{ title: string, id: string }} */ one) => one.title || one.id).join(w.teacherJoin));
  }

  return html`
    ${trashDays > 0 && html`<p class="item-left">${w.daysLeft(Math.max(0, Math.ceil((until - Date.now()) / DAY_MS)))}</p>`}
    <button type="button" class="button button-small" onClick=${() => acts.restore(item)}>${w.restore}<span class="unseen"> ${title}</span></button>
    <${Asking} button=${w.forEver} label=${`${w.forEver} ${title}`} words=${`${w.askForEver}${users && ` ${w.usedBy(users)}`}`} yes=${w.forEver} lost=${false}
      before=${lookForUsers} onYes=${() => acts.forget(item)} />`;
}
