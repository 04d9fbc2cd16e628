// SPDX-License-Identifier: GPL-3.0-or-later
import { useEffect, useRef } from '../../vendor/preact.js';

/** @typedef {Record<'toggle' | 'reverse' | 'stop' | 'play' | 'before' | 'next' | 'secondBack' | 'secondOn' | 'momentBefore' | 'momentAfter' |
 *   'markIn' | 'markOut' | 'keep' | 'cut' | 'split' | 'divide' | 'addClip' | 'chapter' | 'preview' | 'zoomIn' | 'zoomOut' | 'zoomAll' |
 *   'undo' | 'redo' | 'help', () => void>} Acts */

/** @type {Record<string, keyof Acts>} */
const KEYS = { ' ': 'toggle', j: 'reverse', k: 'stop', l: 'play', arrowleft: 'before', arrowright: 'next', '[': 'momentBefore',
  ']': 'momentAfter', '【': 'momentBefore', '】': 'momentAfter', i: 'markIn', o: 'markOut', enter: 'keep', x: 'cut', delete: 'cut',
  s: 'split', d: 'divide', n: 'addClip', c: 'chapter', p: 'preview', '+': 'zoomIn', '=': 'zoomIn', '-': 'zoomOut', 0: 'zoomAll',
  '?': 'help', '？': 'help' };
/** @type {Record<string, keyof Acts>} */
const WITH_SHIFT = { arrowleft: 'secondBack', arrowright: 'secondOn' };

/** What a key means here. @param {KeyboardEvent} event @returns {keyof Acts | undefined} */
function actOf(event) {
  const key = event.key.toLowerCase();
  if (event.altKey) {
    return undefined;
  }
  if (event.ctrlKey || event.metaKey) {
    return key === 'y' || (key === 'z' && event.shiftKey) ? 'redo' : key === 'z' ? 'undo' : undefined;
  }
  return (event.shiftKey && WITH_SHIFT[key]) || KEYS[key];
}

/** The keyboard, wherever the focus is but in a control that uses the key itself. @param {Acts} acts */
export function useKeys(acts) {
  const now = useRef(acts);
  now.current = acts;
  useEffect(() => {
    /** @param {KeyboardEvent} event */
    function onKey(event) {
      const target = /** @type {HTMLElement} */ (event.target);
      const own = target.matches('select, input:not([type=range]):not([type=checkbox])') || (target.matches('[type=range]') && event.key.startsWith('Arrow'))
        || (target.matches('button, a, summary, [type=checkbox]') && [' ', 'Enter'].includes(event.key)) || target.closest('dialog, .keys');
      const act = own ? undefined : actOf(event);
      if (act) {
        event.preventDefault();
        now.current[act]();
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
