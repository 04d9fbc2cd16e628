// SPDX-License-Identifier: GPL-3.0-or-later
import { useEffect, useRef } from '../vendor/preact.js';

/** Does a control use this key itself? @param {HTMLElement} target @param {string} key */
const uses = (target, key) => target.matches('select, textarea, input:not([type=range]):not([type=checkbox])')
  || (target.matches('[type=range]') && key.startsWith('Arrow')) || (target.matches('button, a, summary, [type=checkbox]') && [' ', 'Enter'].includes(key));

/**
 * The keyboard, wherever the focus is but in a control that uses the key itself, and while no dialog is open.
 * @param {(event: KeyboardEvent) => (() => void) | undefined} actOf what a key does
 */
export function useKeys(actOf) {
  const now = useRef(actOf);
  now.current = actOf;
  useEffect(() => {
    /** @param {KeyboardEvent} event */
    function onKey(event) {
      const own = uses(/** @type {HTMLElement} */ (event.target), event.key) || document.querySelector('dialog[open], .keys');
      const act = own ? undefined : now.current(event);
      if (act) {
        event.preventDefault();
        act();
      }
    }
    /** What was pressed by hand does not keep space bar and Enter. @param {MouseEvent} event */
    function onClick(event) {
      if (event.detail > 0 && document.activeElement instanceof HTMLButtonElement) {
        document.activeElement.blur();
      }
    }
    document.addEventListener('keydown', onKey);
    document.addEventListener('click', onClick);
    return () => {
      document.removeEventListener('keydown', onKey);
      document.removeEventListener('click', onClick);
    };
  }, []);
}

/**
 * What a key without Ctrl, Alt and the like does.
 * @param {Record<string, () => void>} acts by what is pressed, in small letters
 * @returns {(event: KeyboardEvent) => (() => void) | undefined}
 */
export const plain = (acts) => ({ key, ctrlKey, altKey, metaKey }) => (ctrlKey || altKey || metaKey ? undefined : acts[key.toLowerCase()]);
