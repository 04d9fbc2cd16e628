// SPDX-License-Identifier: GPL-3.0-or-later
// What to download: a menu that is an ordinary list of links; and what can be exported.

import { html, useEffect, useRef, useState } from '../vendor/preact.js';
import { mediaUrl } from '../lib/api.js';
import { useWords } from '../lib/language.js';
import { isSound, trackName } from '../lib/names.js';
import { Exports } from './exports.js';
import { WantStick } from './stick.js';

/** @typedef {Pick<import('../types').Recording, 'id' | 'tracks' | 'state'>} Kept */

/**
 * @param {import('../lib/language.js').Words} t
 * @param {Kept} recording without tracks it is a microlesson
 */
function choices(t, recording) {
  const names = recording.tracks.map((track) => track.name);
  const sound = names.find(isSound);
  const pictures = names.filter((name) => !isSound(name));
  if (names.length === 0) {
    return [{ words: t.downloadClip, tracks: [] }];
  }
  const all = names.length > 1 ? [{ words: t.downloadAll, tracks: /** @type {string[]} */ ([]) }] : [];
  const pairs = sound && names.length > 2
    ? pictures.map((name) => ({ words: t.downloadWith(trackName(t, name)), tracks: [name, sound] }))
    : [];
  const ones = names.map((name) => ({ words: t.downloadOne(trackName(t, name)), tracks: [name] }));
  return [...all, ...pairs, ...ones];
}

/** @param {{ recording: Kept, name: string, kind?: string }} props kind: which class of buttons it is like */
export function Download({ recording, name, kind = 'button' }) {
  const t = useWords();
  const [open, setOpen] = useState(false);
  const menu = useRef(/** @type {HTMLDetailsElement | null} */ (null));
  useEffect(() => {
    /** @param {Event} event */
    const close = (event) => {
      const target = /** @type {Node} */ (event.target);
      if (menu.current && !menu.current.contains(target)) {
        menu.current.open = false;
      }
    };
    document.addEventListener('click', close);
    return () => document.removeEventListener('click', close);
  }, []);

  function closeMenu() {
    if (menu.current) {
      menu.current.open = false;
    }
  }

  return html`<details class="download" ref=${menu} onToggle=${() => setOpen(Boolean(menu.current?.open))}
      onKeyDown=${(/** @type {KeyboardEvent} */ event) => {
        if (event.key === 'Escape' && open) {
          event.preventDefault(); // the window in which it stands stays
          closeMenu();
          menu.current?.querySelector('summary')?.focus();
        }
      }}>
    <summary class=${kind}>${t.download}<span class="unseen"> ${name}</span></summary>
    <ul class="download-list">
      ${choices(t, recording).map(({ words, tracks }) => html`<li>
        <a href=${mediaUrl(recording.id, tracks)} download onClick=${closeMenu}>${words}</a>
      </li>`)}
      ${open && recording.state === 'ended' && recording.tracks.length > 0 && html`<${WantStick} lesson=${recording.id} />`}
      ${open && recording.state === 'ended' && html`<${Exports} item=${recording.id} />`}
    </ul>
  </details>`;
}
