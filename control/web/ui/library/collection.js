// SPDX-License-Identifier: GPL-3.0-or-later
// One collection: its words, the order of what is in it, its address, its end.

import { html, useEffect, useState } from '../../vendor/preact.js';
import { ask, change, faultText } from '../../lib/api.js';
import { copyText } from '../../lib/copy.js';
import { said, useWords } from '../../lib/language.js';
import { moved, titlesIn, together } from '../../lib/library/collection.js';
import { LENGTHS } from '../../lib/library/metadata.js';
import { Asking } from '../asking.js';
import { Dialog } from '../dialog.js';
import { Shares } from './shares.js';
import { Order } from './terms.js';

/** @typedef {import('../../types').Collection} Collection */
/** @typedef {{ title: string, description: string, items: string[] }} Words */

/** @param {{ collection: Collection, onSaid: (words: string) => void, onSaved: () => void, onDrop: () => void }} props */
export function CollectionHead({ collection, onSaid, onSaved, onDrop }) {
  const { library: w } = useWords();
  const [editing, setEditing] = useState(false);
  const [sharing, setSharing] = useState(false);

  async function copy() {
    const address = `${location.origin}/library?collection=${collection.id}`;
    onSaid(await copyText(address) ? w.collectionCopied : address);
  }

  return html`<div class="collection-head">
    ${collection.description && html`<p class="collection-about">${collection.description}</p>`}
    <button type="button" class="button button-small collection-edit" aria-haspopup="dialog" onClick=${() => setEditing(true)}>${w.editCollection}</button>
    <button type="button" class="button button-small collection-share" aria-haspopup="dialog" onClick=${() => setSharing(true)}>${w.shares}</button>
    <button type="button" class="button button-small" onClick=${copy}>${w.copyCollection}</button>
    <${Asking} button=${w.dropCollection} label=${`${w.dropCollection} ${collection.title}`} words=${w.askDropCollection} yes=${w.dropCollection}
      lost=${false} onYes=${onDrop} />
    ${sharing && html`<${Dialog} title=${collection.title} dirty=${false} onClose=${() => setSharing(false)}>
      <${Shares} path=${`/collections/${collection.id}/shares`} hint=${w.shareCollectionHint} /><//>`}
    ${editing && html`<${Editor} id=${collection.id} onSaved=${onSaved} onClose=${() => setEditing(false)} />`}
  </div>`;
}

/** @param {{ id: string, onSaved: () => void, onClose: () => void }} props */
function Editor({ id, onSaved, onClose }) {
  const t = useWords();
  const w = t.library;
  const [base, setBase] = useState(/** @type {Words | null} */ (null));
  const [mine, setMine] = useState(/** @type {Words | null} */ (null));
  const [titles, setTitles] = useState(/** @type {Map<string, string>} */ (new Map()));
  const [trouble, setTrouble] = useState(/** @type {import('../../types').FaultText | null} */ (null));
  const dirty = !!base && !!mine && (base.title !== mine.title || base.description !== mine.description || base.items.join() !== mine.items.join());
  const shown = (mine?.items || []).filter((one) => titles.has(one));

  useEffect(() => {
    Promise.all([ask('GET', `/collections/${id}`), titlesIn(id)]).then(([json, names]) => {
      const words = { title: json.title, description: json.description || '', items: json.items };
      setTitles(names);
      setBase(words);
      setMine(words);
    }, (error) => setTrouble(faultText(error)));
  }, [id]);

  /** @param {Event} event */
  async function save(event) {
    event.preventDefault();
    if (!base || !mine || !mine.title.trim()) {
      return;
    }
    try {
      await change(`/collections/${id}`, (theirs) => ({
        ...theirs,
        title: mine.title === base.title ? theirs.title : mine.title,
        description: mine.description === base.description ? theirs.description || '' : mine.description,
        items: together(base.items, mine.items, theirs.items),
      }));
      onSaved();
      onClose();
    } catch (error) {
      setTrouble(faultText(error));
    }
  }

  return html`<${Dialog} title=${w.editCollection} dirty=${dirty} onClose=${onClose}>
    ${trouble && html`<p class="band band-bad" role="alert">${said(t, trouble)}</p>`}
    ${mine && html`<form class="collection-form" onSubmit=${save}>
      <label class="field"><span>${w.collectionTitle}</span>
        <input type="text" required value=${mine.title} maxlength=${LENGTHS.title} autocomplete="off"
          onInput=${(/** @type {any} */ event) => setMine({ ...mine, title: event.target.value })} /></label>
      <label class="field"><span>${w.fields.description}</span>
        <textarea rows="3" value=${mine.description} maxlength=${LENGTHS.description}
          onInput=${(/** @type {any} */ event) => setMine({ ...mine, description: event.target.value })}></textarea></label>
      ${shown.length > 0 && html`<h3 id="collection-order">${w.collectionOrder}</h3>
      <ol class="in-collection" aria-labelledby="collection-order">${shown.map((one, i) => {
        const name = titles.get(one) || w.untitled;
        return html`<li key=${one} class="term"><span class="term-words">${name}</span>
          <${Order} name=${name} i=${i} n=${shown.length}
            onMove=${(/** @type {number} */ by) => setMine({ ...mine, items: moved(mine.items, (other) => titles.has(other), one, by) })} />
          <button type="button" class="button button-small" onClick=${() => setMine({ ...mine, items: mine.items.filter((other) => other !== one) })}>
            ${w.takeOut}<span class="unseen"> ${name}</span></button></li>`;
      })}</ol>`}
      <div class="metadata-foot"><button type="submit" class="button button-main" aria-disabled=${!dirty}>${w.save}</button>
        <span role="status">${dirty ? w.notSaved : ''}</span></div>
    </form>`}
  <//>`;
}
