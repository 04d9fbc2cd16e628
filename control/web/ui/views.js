// SPDX-License-Identifier: GPL-3.0-or-later
// Which pictures are shown, and how: a choice.

import { html } from '../vendor/preact.js';
import { useWords } from '../lib/language.js';
import { trackName } from '../lib/names.js';

/** @typedef {import('../types').View} View */

/** @param {{ view: View, pictures: string[], hasSound: boolean, onView: (view: View) => void, onSwap: () => void }} props */
export function Views({ view, pictures, hasSound, onView, onSwap }) {
  const t = useWords();
  if (pictures.length + (hasSound ? 1 : 0) < 2) {
    return null; // nothing to choose
  }
  /** @type {{ words: string, on: boolean, next: View }[]} */
  const choices = pictures.length < 2 ? [] : [
    { words: t.viewLarge, on: view.layout === 'large', next: { ...view, layout: 'large' } },
    { words: t.viewSide, on: view.layout === 'side', next: { ...view, layout: 'side' } },
  ];
  for (const name of pictures) {
    choices.push({ words: t.viewOne(trackName(t, name)), on: view.layout === 'one' && view.main === name,
      next: { layout: 'one', main: name } });
  }
  if (hasSound) {
    choices.push({ words: t.viewSound, on: view.layout === 'sound', next: { ...view, layout: 'sound' } });
  }
  return html`<div class="views" role="group" aria-label=${t.picture}>
    ${choices.map(({ words, on, next: wanted }) => html`<button type="button" class="act" aria-pressed=${on}
      onClick=${() => onView(wanted)}>${words}</button>`)}
    ${pictures.length > 1 && (view.layout === 'large' || view.layout === 'side') && html`<button type="button" class="act"
      onClick=${onSwap}>${t.swap}</button>`}
  </div>`;
}
