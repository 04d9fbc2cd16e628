// SPDX-License-Identifier: GPL-3.0-or-later
// One item: what is said of it, its collections, its links, the way to the trash.

import { html, useEffect, useState } from '../../vendor/preact.js';
import { ask, change, faultText, playUrl } from '../../lib/api.js';
import { said, useWords } from '../../lib/language.js';
import { isSame } from '../../lib/library/metadata.js';
import { Dialog } from '../dialog.js';
import { Download } from '../download.js';
import { MetadataForm } from './form.js';
import { Shares } from './shares.js';
import { useMetadata } from './use_metadata.js';

/** @typedef {import('../../types').LibraryItem} LibraryItem */
/** @typedef {import('../../types').Collection} Collection */
/** @typedef {import('../../types').FaultText} FaultText */

/**
 * @param {{ item: LibraryItem, vocabularies: import('../../types').Vocabularies, collections: Collection[],
 *   onChange: () => void, onClose: () => void, onTrashed: () => void }} props
 */
export function Details({ item, vocabularies, collections, onChange, onClose, onTrashed }) {
  const t = useWords();
  const w = t.library;
  const metadata = useMetadata(item, onChange);
  const { form, base } = metadata;
  const dirty = !!form && !!base && !isSame(form, base);
  const title = item.title || w.untitled;

  return html`<${Dialog} title=${title} dirty=${dirty} onClose=${onClose}>
    <div class="details-acts">
      <a class="button button-main" href=${playUrl(item.id)}>${t.play}</a>
      ${!item.recording && html`<a class="button" href=${`/edit/${item.id}`}>${t.edit.title}</a>`}
      ${metadata.whole && !item.recording && html`<${Download} recording=${{ id: item.id, tracks: metadata.whole.tracks || [], state: 'ended' }} name=${title} />`}
    </div>
    <${MetadataForm} metadata=${metadata} dirty=${dirty} vocabularies=${vocabularies} />
    <${Membership} id=${item.id} collections=${collections} onChange=${onChange} />
    <${Shares} path=${`/items/${item.id}/shares`} hint=${w.shareHint} />
    ${!item.recording && html`<${ToTrash} id=${item.id} onTrashed=${onTrashed} />`}
  <//>`;
}

/**
 * Puts an item into a collection, or takes it out.
 * @param {string} collection @param {string} item @param {boolean} on
 */
const setMember = (collection, item, on) => change(`/collections/${collection}`, (json) => {
  const others = json.items.filter((/** @type {string} */ one) => one !== item);
  return { ...json, items: on ? [...others, item] : others };
});

/** @param {{ id: string, collections: Collection[], onChange: () => void }} props */
function Membership({ id, collections, onChange }) {
  const t = useWords();
  const w = t.library;
  const [member, setMember_] = useState(/** @type {Record<string, boolean> | null} */ (null));
  const [trouble, setTrouble] = useState(/** @type {FaultText | null} */ (null));

  async function look() {
    const all = await Promise.all(collections.map((one) => ask('GET', `/collections/${one.id}`)));
    setMember_(Object.fromEntries(all.map((one) => [one.id, one.items.includes(id)])));
  }
  useEffect(() => {
    look().catch((error) => setTrouble(faultText(error)));
  }, [id, collections.map((one) => one.id).join()]);

  /** @param {string} collection @param {boolean} on */
  async function set(collection, on) {
    setTrouble(null);
    try {
      await setMember(collection, id, on);
      onChange();
    } catch (error) {
      setTrouble(faultText(error));
    }
    look().catch(() => {});
  }

  return html`<section class="details-part" aria-labelledby="details-collections">
    <h3 id="details-collections">${w.collections}</h3>
    ${collections.length === 0 && html`<p class="quiet">${w.noCollections}</p>`}
    ${trouble && html`<p class="band band-bad" role="alert">${said(t, trouble)}</p>`}
    <ul class="memberships">${member && collections.map((one) => html`<li key=${one.id}><label class="check">
      <input type="checkbox" checked=${member[one.id]} onChange=${(/** @type {any} */ event) => set(one.id, event.target.checked)} /> <bdi>${one.title}</bdi>
    </label></li>`)}</ul>
  </section>`;
}

/** @param {{ id: string, onTrashed: () => void }} props */
function ToTrash({ id, onTrashed }) {
  const t = useWords();
  const w = t.library;
  const [trouble, setTrouble] = useState(/** @type {FaultText | null} */ (null));

  /** @param {string} how */
  async function put(how) {
    try {
      await ask('PUT', `/items/${id}/trash${how}`);
      onTrashed();
    } catch (error) {
      setTrouble(faultText(error));
    }
  }

  return html`<section class="details-part details-trash">
    ${trouble && html`<p class="band band-warn" role="alert">${said(t, trouble)}</p>`}
    ${trouble?.code === 'used' // and only then
      ? html`<button type="button" class="button button-bad" onClick=${() => put('?anyway=1')}>${w.trashAnyway}</button>`
      : html`<button type="button" class="button" onClick=${() => put('')}>${w.toTrash}</button>`}
  </section>`;
}
