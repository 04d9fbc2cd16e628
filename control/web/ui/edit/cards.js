// SPDX-License-Identifier: GPL-3.0-or-later
// Opening, closing and logo of a microlesson, with a plain picture of the cards.

import { html, useState } from '../../vendor/preact.js';
import { ask } from '../../lib/api.js';
import { fieldsOf, filled, madeOf, wordsOf } from '../../lib/edit/card.js';
import { lookOf } from '../../lib/edit/draft.js';
import { logoUrl } from '../../lib/edit/logo.js';
import { exact } from '../../lib/format.js';
import { useWords } from '../../lib/language.js';
import { widthOf } from '../../lib/subtitles/cues.js';
import { Line } from './clips.js';
import { Logo } from './logo.js';

/** @typedef {import('../../lib/edit/card.js').Design} Design */
/** @typedef {import('../../types').DraftCard} DraftCard */

const [WIDTH, HEIGHT] = [320, 180];
let version = 1; // of the logo, for all clips while the page is open: another one is fetched anew
/** @type {Record<string, string>} */
const ALONG = { left: 'flex-start', middle: 'center', right: 'flex-end', top: 'flex-start', bottom: 'flex-end' };

/** @param {number[]} box parts of the picture */
const placeOf = ([x, y, width, height]) => ({ left: `${x * WIDTH}px`, top: `${y * HEIGHT}px`, width: `${width * WIDTH}px`, height: `${Math.max(1, height * HEIGHT)}px` });

/** @param {{ design: Design, fields: Record<string, string>, logo: number | null }} props logo: its version; 0: only its place is known; null: it is not wanted */
function Picture({ design, fields, logo }) {
  const { logoHere } = useWords().edit.cards;
  return html`<div class="card-picture" aria-hidden="true" style=${{ background: `linear-gradient(${design.ground.top}, ${design.ground.bottom})` }}>
    ${(design.boxes || []).map(({ box, colour }) => html`<span style=${{ ...placeOf(box), background: colour }}></span>`)}
    ${logo !== null && design.logo && html`<span class=${`card-logo${logo ? '' : ' card-logo-place'}`} style=${placeOf(design.logo.box)}>${
      logo ? html`<img src=${logoUrl(logo)} alt="" />` : logoHere}</span>`}
    ${design.texts.map((text) => {
      const words = wordsOf(text, fields);
      const fits = (text.box[2] * WIDTH * Math.max(1, Math.floor(text.box[3] / text.size / 1.4)) * 1.9) / Math.max(1, widthOf(words)); // as many lines as have room
      const size = Math.max((text.least || text.size) * HEIGHT, Math.min(text.size * HEIGHT, fits));
      return html`<span style=${{ ...placeOf(text.box), color: text.colour, fontSize: `${size}px`, fontWeight: text.bold ? 700 : 400,
        justifyContent: ALONG[text.along || 'left'], alignItems: ALONG[text.across || 'top'], textAlign: text.along === 'middle' ? 'center' : 'left' }}>${words}</span>`;
    })}
  </div>`;
}

/**
 * @param {{ clip: import('../../types').DraftClip, index: number, metadata: Record<string, any>, title: string, mayChange: boolean,
 *   change: (change: import('../../types').DraftChange) => boolean }} props metadata and title: what cards are filled with
 */
export function Cards({ clip, index, metadata, title, mayChange, change }) {
  const t = useWords();
  const w = t.edit.cards;
  const [designs, setDesigns] = useState(/** @type {{ id: string, design: Design }[]} */ ([]));
  const [logo, setLogo] = useState(/** @type {number | null} */ (null)); // which version of it; 0: there is none; null: nobody knows yet
  const [looksAt, setLooksAt] = useState(false);
  const look = lookOf(clip);
  const made = madeOf(clip, logo !== 0);
  const set = (/** @type {import('../../types').DraftLook} */ next) => change({ do: 'look', clip: index, look: lookOf(next) });

  /** @param {'opening' | 'closing'} which @param {string} template */
  function choose(which, template) {
    const design = designs.find(({ id }) => id === template)?.design;
    set({ ...look, [which]: design && { template, fields: { ...filled(metadata, title, fieldsOf(design)), ...clip[which]?.fields } } });
  }

  /** What can be chosen; what could not be fetched is when it is opened once more. @param {boolean} open */
  function fetchDesigns(open) {
    if (open && logo === null) {
      ask('GET', '/cards').then(({ cards, logo }) => {
        setDesigns(cards);
        setLogo(logo ? version : 0);
      }, () => {}); // none can be chosen then
    }
  }

  return html`<details class="edit-cards" onToggle=${(/** @type {any} */ event) => fetchDesigns(event.target.open)}><summary>${w.title}</summary>
    ${(/** @type {const} */ (['opening', 'closing'])).map((which) => {
      const card = clip[which];
      const design = designs.find(({ id }) => id === card?.template)?.design;
      return html`<section key=${which} class="edit-card" aria-label=${w[which]}>
        <label class="edit-choice"><span>${w[which]}</span>
          <select disabled=${!mayChange} name=${which} onChange=${(/** @type {any} */ event) => choose(which, event.target.value)}>
            <option key="" value="" selected=${!card}>${w.none}</option>
            ${card && !design && html`<option key=${card.template} value=${card.template} selected>${card.template}</option>`}
            ${designs.map(({ id }) => html`<option key=${id} value=${id} selected=${id === card?.template}>${w.designs[id] || id}</option>`)}
          </select></label>
        ${card && design && html`<${Picture} design=${design} fields=${card.fields} logo=${clip.logo ? logo || 0 : null} />
          <div class="edit-fields">${fieldsOf(design).map((name) => html`<label key=${name}><span>${w.fields[name] || name}</span>
            <${Line} name=${`card-${which}-${name}`} label=${w.fields[name] || name} hint="" value=${card.fields[name] || ''} disabled=${!mayChange}
              onText=${(/** @type {string} */ text) => set({ ...look, [which]: { ...card, fields: { ...card.fields, [name]: text } } })} />
          </label>`)}</div>`}
      </section>`;
    })}
    ${(logo !== 0 || clip.logo) && html`<label class="edit-check"><input type="checkbox" disabled=${!mayChange} checked=${!!clip.logo}
      onChange=${(/** @type {any} */ event) => set({ ...look, logo: event.target.checked })} /> <span>${w.logo}</span></label>`}
    <button type="button" class="act edit-school" disabled=${logo === null} aria-haspopup="dialog" onClick=${() => setLooksAt(true)}>${w.school}…</button>
    ${looksAt && html`<${Logo} version=${logo || 0} onClose=${() => setLooksAt(false)}
      onChange=${(/** @type {boolean} */ hasLogo) => setLogo(hasLogo ? ++version : 0)} />`}
    <p class="edit-quiet" role="status">${made > 0 ? w.made(exact(made)) : w.copied}</p>
  </details>`;
}
