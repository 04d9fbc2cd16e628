// SPDX-License-Identifier: GPL-3.0-or-later
// A button that asks first.

import { html, useEffect, useRef, useState } from '../vendor/preact.js';
import { useWords } from '../lib/language.js';

/**
 * A question asked in place of the button that was pressed; Escape and the first answer are "no".
 * before is waited for before it is asked.
 * @param {{ button: string, label: string, words: string, yes: string, lost: boolean, onYes: () => void,
 *   before?: () => Promise<void> }} props
 */
export function Asking({ button, label, words, yes, lost, onYes, before }) {
  const t = useWords();
  const [asking, setAsking] = useState(false);
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const asked = useRef(false);
  useEffect(() => {
    if (asking || asked.current) {
      /** @type {HTMLElement | null | undefined} */ (box.current?.querySelector('button'))?.focus();
    }
    asked.current = asking;
  }, [asking]);

  async function ask() {
    await before?.();
    setAsking(true);
  }

  if (!asking) {
    return html`<span class="ask" ref=${box}><button type="button" class="button button-small" aria-label=${label} aria-disabled=${lost}
      onClick=${() => !lost && ask()}>${button}</button></span>`;
  }
  return html`<span class="ask ask-open" ref=${box} role="group" aria-label=${words}
      onKeyDown=${(/** @type {KeyboardEvent} */ event) => {
        if (event.key === 'Escape') {
          event.preventDefault(); // the window in which it is asked stays
          setAsking(false);
        }
      }}>
    <span class="ask-words">${words}</span>
    <button type="button" class="button button-small" onClick=${() => setAsking(false)}>${t.cancel}</button>
    <button type="button" class="button button-small button-bad" onClick=${() => {
      setAsking(false);
      onYes();
    }}>${yes}</button>
  </span>`;
}
