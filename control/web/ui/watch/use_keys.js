// SPDX-License-Identifier: GPL-3.0-or-later
import { useEffect, useRef } from '../../vendor/preact.js';

/**
 * The keyboard, wherever the focus is but in a control that uses the key itself.
 * @param {{ full: () => void, mute: () => void, pause: () => void }} acts
 */
export function useKeys(acts) {
  const now = useRef(acts);
  now.current = acts;
  useEffect(() => {
    /** @param {KeyboardEvent} event */
    function onKey(event) {
      const target = /** @type {HTMLElement} */ (event.target);
      const own = target.matches('button, a, select, input, summary');
      if (event.ctrlKey || event.altKey || event.metaKey || (own && event.key === ' ')) {
        return;
      }
      const act = { ' ': now.current.pause, f: now.current.full, m: now.current.mute }[event.key.toLowerCase()];
      if (act) {
        event.preventDefault();
        act();
      }
    }
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}
