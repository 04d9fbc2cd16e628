// SPDX-License-Identifier: GPL-3.0-or-later
// What the keyboard does; "?" opens and closes it.

import { html, useEffect, useRef } from '../vendor/preact.js';
import { useWords } from '../lib/language.js';

/** @param {{ list: string[][], onClose: () => void }} props */
export function Keys({ list, onClose }) {
  const t = useWords();
  const close = useRef(/** @type {HTMLButtonElement | null} */ (null));
  useEffect(() => {
    const before = /** @type {HTMLElement | null} */ (document.activeElement);
    close.current?.focus();
    return () => before?.focus();
  }, []);
  return html`<div class="keys" role="dialog" aria-modal="true" aria-labelledby="keys-title"
    onKeyDown=${(/** @type {KeyboardEvent} */ event) => {
      if (['Escape', '?', '？'].includes(event.key)) {
        onClose();
      } else if (event.key === 'Tab') {
        event.preventDefault(); // there is one thing to press
      }
    }}>
    <h2 id="keys-title">${t.keys}</h2>
    <dl>${list.map(([key, does]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${does}</dd></div>`)}</dl>
    <button type="button" class="act" ref=${close} onClick=${onClose}>${t.closeKeys}</button>
  </div>`;
}
