// SPDX-License-Identifier: GPL-3.0-or-later
// The picture that is seen just now becomes the item's cover.

import { html } from '../../vendor/preact.js';
import { change, faultText } from '../../lib/api.js';
import { said, useWords } from '../../lib/language.js';
import { lessonTime } from '../../lib/player/plan.js';

/** @typedef {import('../../lib/player/item.js').Playable} Playable */

/**
 * @param {{ playable: Playable, track: string, here: () => number, onSaid: (words: string) => void }} props here: seconds
 */
export function CoverHere({ playable, track, here, onSaid }) {
  const t = useWords();

  async function save() {
    const { id } = playable.item;
    const { lesson, time } = lessonTime(playable.plan, Math.min(here() * 1e9, playable.plan.length - 1));
    if (!playable.has(lesson, track)) {
      onSaid(t.coverNotHere);
      return;
    }
    try {
      await change(`/items/${id}`, ({ metadata }) => ({ ...metadata, version: 1, cover: { lesson, track, time_ns: Math.round(time) } }), `/items/${id}/metadata`);
      onSaid(t.coverSet);
    } catch (error) {
      onSaid(said(t, faultText(error)));
    }
  }

  return html`<button type="button" class="act act-cover" onClick=${save}>${t.coverHere}</button>`;
}
