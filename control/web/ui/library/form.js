// SPDX-License-Identifier: GPL-3.0-or-later
// What is said of an item, to be written.

import { html, useMemo } from '../../vendor/preact.js';
import { said, useWords } from '../../lib/language.js';
import { coverOf, picturesToChoose } from '../../lib/library/cover.js';
import { FIELDS, LENGTH, LENGTHS, TERMS } from '../../lib/library/metadata.js';
import { CoverChoice, Picture } from './cover.js';

/** @typedef {ReturnType<typeof import('./use_metadata.js').useMetadata>} Metadata */
/** @typedef {import('../../types').Vocabularies} Vocabularies */

const STATES = /** @type {const} */ (['draft', 'published']);

/** @param {{ metadata: Metadata, dirty: boolean, vocabularies: Vocabularies }} props */
export function MetadataForm({ metadata, dirty, vocabularies }) {
  const t = useWords();
  const w = t.library;
  const { form, whole, theirs, conflicts, trouble, step } = metadata;
  const pictures = useMemo(() => (whole && !whole.recording ? picturesToChoose(whole) : []), [whole]);
  if (!form) {
    return html`<div class="details-part">${trouble ? html`<p class="band band-bad" role="alert">${said(t, trouble)}</p>` : html`<p>${w.opening}</p>`}</div>`;
  }
  return html`<form class="details-part metadata" onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      metadata.save();
    }}>
    ${theirs && html`<p class="band band-warn" role="alert">${conflicts.length > 0 ? w.conflict : w.merged}</p>`}
    <div class="metadata-fields">
      ${FIELDS.map((key) => html`<div key=${key} class=${`metadata-field metadata-${key}`}>
        ${key === 'state' ? html`<${State} state=${form.state} onSet=${(/** @type {string} */ state) => metadata.change('state', state)} />`
          : key === 'cover' ? html`<${CoverChoice} value=${form.cover} pictures=${pictures} onSet=${(/** @type {string} */ cover) => metadata.change('cover', cover)} />`
          : html`<${Field} name=${key} value=${form[key]} vocabularies=${vocabularies} onInput=${(/** @type {string} */ text) => metadata.change(key, text)} />`}
        ${theirs && conflicts.includes(key) && html`<p class="theirs">${w.theirs(key === 'cover' && theirs.cover ? ' ' : key === 'state' ? w.states[/** @type {'draft'} */ (theirs.state)] : theirs[key])}
          ${key === 'cover' && theirs.cover && html`<${Picture} cover=${coverOf(theirs.cover)} />`}
          <button type="button" class="button button-small" onClick=${() => metadata.change(key, theirs[key])}>${w.takeTheirs}<span class="unseen"> ${w.fields[key]}</span></button></p>`}
      </div>`)}
    </div>
    <div class="metadata-foot">
      <button type="submit" class="button button-main" aria-disabled=${(!dirty && !theirs) || step === 'saving'}>${w.save}</button>
      <span role="status">${step === 'saving' ? w.saving : step === 'saved' && !dirty ? w.saved : dirty ? w.notSaved : ''}</span>
      ${trouble && html`<p class="band band-bad" role="alert">${said(t, trouble)}</p>`}
    </div>
  </form>`;
}

/** @param {{ name: typeof FIELDS[number], value: string, vocabularies: Vocabularies, onInput: (text: string) => void }} props */
function Field({ name, value, vocabularies, onInput }) {
  const t = useWords();
  const w = t.library;
  const terms = /** @type {readonly string[]} */ (TERMS).includes(name) && Array.isArray(vocabularies[name]) ? vocabularies[name] : [];
  const isList = name === 'teachers' || name === 'points';
  const before = isList ? value.slice(0, value.search(/[^，,、;；]*$/)) : ''; // a term is offered behind those that stand there
  const wishes = { value, maxlength: LENGTHS[name] || LENGTH, autocomplete: 'off', onInput: (/** @type {any} */ event) => onInput(event.target.value) };
  return html`<label class="field"><span>${w.fields[name]}${isList && html` <small>${w.separate}</small>`}</span>
    ${name === 'description' ? html`<textarea rows="3" ...${wishes}></textarea>`
      : html`<input type="text" list=${terms.length > 0 ? `terms-${name}` : undefined} ...${wishes} />`}
    ${terms.length > 0 && html`<datalist id=${`terms-${name}`}>
      ${terms.map(({ term, en }) => html`<option value=${before + term}>${t.lang === 'en' ? en || '' : ''}</option>`)}
    </datalist>`}
  </label>`;
}

/** @param {{ state: string, onSet: (state: string) => void }} props */
function State({ state, onSet }) {
  const { library: w } = useWords();
  return html`<div role="group" aria-label=${w.state}>
    <span class="choices-legend">${w.state}</span>
    <span class="choices-in">${STATES.map((one) => html`<button type="button" class="button button-small" aria-pressed=${state === one}
      onClick=${() => onSet(one)}>${w.states[one]}</button>`)}</span>
  </div>`;
}
