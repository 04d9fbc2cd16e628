// SPDX-License-Identifier: GPL-3.0-or-later
// The school's logo, for all microlessons: shown, chosen, removed.

import { html, useEffect, useRef, useState } from '../../vendor/preact.js';
import { faultText } from '../../lib/api.js';
import { dropLogo, logoUrl, saveLogo } from '../../lib/edit/logo.js';
import { said, useWords } from '../../lib/language.js';
import { Asking } from '../asking.js';
import { EditDialog } from './dialog.js';

/** @param {{ version: number, onChange: (hasLogo: boolean) => void, onClose: () => void }} props version: of the logo; 0: there is none */
export function Logo({ version, onChange, onClose }) {
  const t = useWords();
  const w = t.edit.cards;
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState('');
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const dropped = useRef(false); // the button that had the focus is gone
  useEffect(() => {
    if (!busy && dropped.current) {
      dropped.current = false;
      input.current?.focus();
    }
  }, [busy]);

  /** @param {() => Promise<string>} act what is wrong; '': nothing */
  async function run(act) {
    setBusy(true);
    setTrouble(await act().catch((error) => said(t, faultText(error))));
    setBusy(false);
  }
  /** @param {HTMLInputElement} input */
  const choose = (input) => run(async () => {
    const [file] = input.files || [];
    const taken = !file || await saveLogo(file);
    input.value = ''; // the same one may be chosen again
    if (file && taken) {
      onChange(true);
    }
    return taken ? '' : w.noPicture;
  });
  const drop = () => run(async () => {
    await dropLogo();
    onChange(false);
    dropped.current = true;
    return '';
  });

  return html`<${EditDialog} title=${w.school} onClose=${onClose}>
    <p class="edit-quiet">${w.schoolAbout}</p>
    <div class="edit-logo">${version ? html`<img src=${logoUrl(version)} alt=${w.school} />` : html`<span class="edit-quiet">${w.noLogo}</span>`}</div>
    <p role="alert">${trouble}</p>
    <div class="edit-logo-acts">
      <label class="act edit-logo-choose"><input type="file" class="unseen" ref=${input} accept="image/*" disabled=${busy}
        onChange=${(/** @type {any} */ event) => choose(event.target)} />${version ? w.otherLogo : w.chooseLogo}</label>
      ${version > 0 && html`<${Asking} button=${w.dropLogo} label=${w.dropLogo} words=${w.askDropLogo} yes=${w.dropLogo} lost=${busy} onYes=${drop} />`}
    </div>
  <//>`;
}
