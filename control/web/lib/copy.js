// SPDX-License-Identifier: GPL-3.0-or-later
// Text onto the clipboard. Browsers give pages that came by plain HTTP no clipboard; the old command
// does it there, as long as the press of a button is fresh.

/**
 * True when it is there.
 * @param {string} text
 */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // none here, or forbidden
  }
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'unseen';
  area.setAttribute('aria-hidden', 'true');
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  document.body.append(area);
  area.select();
  let done = false;
  try {
    done = document.execCommand('copy');
  } catch {
    // said by the answer
  }
  area.remove();
  focused?.focus();
  return done;
}
