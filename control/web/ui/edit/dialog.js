// SPDX-License-Identifier: GPL-3.0-or-later
// A window over the editor; what is done in it is kept at once.

import { html, useEffect, useRef } from '../../vendor/preact.js';
import { useWords } from '../../lib/language.js';

/** @param {{ title: string, onClose: () => void, children?: any }} props */
export function EditDialog({ title, onClose, children }) {
  const t = useWords();
  const box = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    const dialog = box.current;
    dialog?.showModal();
    return () => dialog?.close(); // the focus goes back to where it came from
  }, []);
  return html`<dialog class="edit-dialog" ref=${box} aria-labelledby="edit-dialog-title" onClose=${() => box.current && onClose()}>
    <div class="edit-dialog-head"><h2 id="edit-dialog-title">${title}</h2>
      <button type="button" class="act" onClick=${onClose}>${t.library.close}</button></div>
    ${children}
  </dialog>`;
}
