// SPDX-License-Identifier: GPL-3.0-or-later
// A window over the page; what is not saved in it is not lost by Escape or by going away.

import { html, useEffect, useRef, useState } from '../vendor/preact.js';
import { useWords } from '../lib/language.js';
import { useStay } from './use_stay.js';

/** @param {{ title: string, dirty: boolean, onClose: () => void, children?: any }} props */
export function Dialog({ title, dirty, onClose, children }) {
  const { library: w } = useWords();
  const box = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const [leaving, setLeaving] = useState(false);

  useEffect(() => {
    const dialog = box.current;
    dialog?.showModal();
    return () => dialog?.close(); // the focus goes back to where it came from
  }, []);
  useStay(dirty);

  function close() {
    if (dirty) {
      setLeaving(true);
    } else {
      onClose();
    }
  }

  /** By the browser, which does not ask a second time. */
  function onClosed() {
    if (box.current && dirty) {
      box.current.showModal();
    } else if (box.current) {
      onClose();
    }
  }

  return html`<dialog class="details" ref=${box} aria-labelledby="details-title"
      onCancel=${(/** @type {Event} */ event) => {
        event.preventDefault();
        close();
      }} onClose=${onClosed}>
    <header class="details-head">
      <h2 id="details-title">${title}</h2>
      <button type="button" class="button button-small details-close" onClick=${close}>${w.close}</button>
    </header>
    ${leaving && dirty && html`<div class="band band-warn leaving" role="alert">${w.notSaved}
      <button type="button" class="button button-small" onClick=${() => setLeaving(false)}>${w.stay}</button>
      <button type="button" class="button button-small button-bad" onClick=${onClose}>${w.discard}</button></div>`}
    ${children}
  </dialog>`;
}
