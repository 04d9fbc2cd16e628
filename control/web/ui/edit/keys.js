// SPDX-License-Identifier: GPL-3.0-or-later
// What the keys of the editor are.

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
export function actOf(event) {
  const key = event.key.toLowerCase();
  if (event.altKey) {
    return undefined;
  }
  if (event.ctrlKey || event.metaKey) {
    return key === 'y' || (key === 'z' && event.shiftKey) ? 'redo' : key === 'z' ? 'undo' : undefined;
  }
  return (event.shiftKey && WITH_SHIFT[key]) || KEYS[key];
}
