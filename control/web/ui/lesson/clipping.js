// SPDX-License-Identifier: GPL-3.0-or-later
// Three presses make a microlesson: begin here, end here, save.

import { html, useState } from '../../vendor/preact.js';
import { faultText } from '../../lib/api.js';
import { createClip } from '../../lib/edit/library.js';
import { seconds } from '../../lib/format.js';
import { said, useWords } from '../../lib/language.js';
import { stretch } from '../../lib/player/plan.js';

/** @typedef {import('../../lib/player/item.js').Playable} Playable */

/**
 * @param {{ playable: Playable, name: string, marks: ReturnType<typeof import('../use_marks.js').useMarks>, onBegin: () => void, onEnd: () => void,
 *   onSaved: (id: string, title: string) => void }} props marks: in clip time, nanoseconds
 */
export function Clipping({ playable, name, marks, onBegin, onEnd, onSaved }) {
  const t = useWords();
  const [title, setTitle] = useState(/** @type {string | null} */ (null)); // null: nobody has written one
  const [trouble, setTrouble] = useState('');
  const [saving, setSaving] = useState(false);
  const { from, to } = marks.part;
  const whole = from !== null && to !== null && to > from;
  const shown = title ?? t.clipPart(name);

  /** @param {Event} event */
  async function save(event) {
    event.preventDefault();
    if (!whole || saving) {
      return;
    }
    setSaving(true);
    await marks.take(async (part) => {
      try {
        const { id } = await createClip(shown, { version: 1, pieces: stretch(playable.plan, part.from ?? from, part.to ?? to) });
        setTitle(null);
        setTrouble('');
        onSaved(id, shown);
        return true;
      } catch (error) {
        setTrouble(said(t, faultText(error)));
        return false;
      }
    });
    setSaving(false);
  }

  return html`<form class="clipping" onSubmit=${save} aria-label=${t.clip}>
    <button type="button" class="act" aria-pressed=${from !== null} onClick=${onBegin}>
      ${from === null ? t.clipBegin : t.clipBeginAt(Math.round(seconds(from)))}</button>
    <button type="button" class="act" aria-pressed=${to !== null} disabled=${from === null} onClick=${onEnd}>
      ${to === null ? t.clipEnd : t.clipEndAt(Math.round(seconds(to)))}</button>
    ${whole && html`<label class="clip-title"><span class="unseen">${t.clipTitle}</span>
      <input value=${shown} maxlength="200" placeholder=${t.clipTitle}
        onInput=${(/** @type {any} */ event) => setTitle(event.target.value)} /></label>
      <button type="submit" class="act act-save" disabled=${saving}>${t.clipSave}</button>`}
    ${from !== null && to !== null && !whole && html`<p class="clip-words" role="status">${t.clipEmpty}</p>`}
    ${trouble && html`<p class="clip-words clip-bad" role="alert">${trouble}</p>`}
  </form>`;
}
