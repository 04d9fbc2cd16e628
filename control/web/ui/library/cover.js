// SPDX-License-Identifier: GPL-3.0-or-later
// The picture that stands for an item, chosen among its slides and moments.

import { html } from '../../vendor/preact.js';
import { thumbUrl } from '../../lib/api.js';
import { seconds, span } from '../../lib/format.js';
import { useWords } from '../../lib/language.js';
import { coverOf, coverText } from '../../lib/library/cover.js';
import { trackName } from '../../lib/names.js';

/** @typedef {import('../../lib/library/cover.js').Cover} Cover */

/** @param {{ cover: Cover }} props */
export function Picture({ cover }) {
  const t = useWords();
  const words = `${trackName(t, cover.track)} ${span(seconds(cover.time_ns))}`;
  return html`<span class="cover-picture"><img src=${thumbUrl(cover.lesson, cover.track, seconds(cover.time_ns))} alt="" width="160" height="90" loading="lazy" />
    <span class="cover-words">${words}</span></span>`;
}

/** value: as lib/library/cover.js writes it; '': none is chosen. @param {{ value: string, pictures: Cover[], onSet: (value: string) => void }} props */
export function CoverChoice({ value, pictures, onSet }) {
  const { library: w } = useWords();
  const chosen = coverOf(value);
  const all = chosen && !pictures.some((one) => coverText(one, '') === value) ? [chosen, ...pictures] : pictures;
  if (all.length === 0) {
    return null;
  }
  return html`<fieldset class="covers"><legend>${w.fields.cover}</legend>
    <label class="cover cover-none"><input type="radio" name="cover" class="unseen" checked=${value === ''} onChange=${() => onSet('')} />
      <span class="cover-picture"><span class="cover-words">${w.coverNone}</span></span></label>
    ${all.map((one) => html`<label class="cover" key=${coverText(one, '')}>
      <input type="radio" name="cover" class="unseen" checked=${coverText(one, '') === value} onChange=${() => onSet(coverText(one, ''))} />
      <${Picture} cover=${one} /></label>`)}
  </fieldset>`;
}
