// SPDX-License-Identifier: GPL-3.0-or-later
import { useEffect, useRef } from '../../vendor/preact.js';

/**
 * The keyboard, wherever the focus is but in a control that uses the key itself.
 * @param {Record<string, () => void>} keys by what is pressed, in small letters
 */
export function useKeys(keys) {
  const now = useRef(keys);
  now.current = keys;
  useEffect(() => {
    /** @param {KeyboardEvent} event */
    function onKey(event) {
      const target = /** @type {HTMLElement} */ (event.target);
      const own = target.matches('select, input:not([type=range]), textarea') || (target.matches('button, a, summary') && event.key === ' ');
      if (event.ctrlKey || event.altKey || event.metaKey || own) {
        return;
      }
      const act = now.current[event.key.toLowerCase()];
      if (act) {
        event.preventDefault();
        act();
      }
    }
    /** What was pressed by hand does not keep the space bar. @param {MouseEvent} event */
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
