// SPDX-License-Identifier: GPL-3.0-or-later
// The versions of a microlesson, one of which can be taken up again; what it is then is saved like any change.

import { html, useEffect, useState } from '../../vendor/preact.js';
import { faultText } from '../../lib/api.js';
import { fetchVersion, fetchVersions } from '../../lib/edit/library.js';
import { day } from '../../lib/format.js';
import { said, useWords } from '../../lib/language.js';
import { EditDialog } from './dialog.js';

/** @typedef {import('../../lib/edit/library.js').Version} Version */

/** @param {{ id: string, onTake: (edl: import('../../types').Edl, version: number) => void, onClose: () => void }} props */
export function Versions({ id, onTake, onClose }) {
  const t = useWords();
  const [versions, setVersions] = useState(/** @type {Version[]} */ ([]));
  const [trouble, setTrouble] = useState('');
  const complain = (/** @type {unknown} */ error) => setTrouble(said(t, faultText(error)));
  useEffect(() => {
    fetchVersions(id).then(setVersions, complain);
  }, [id]);
  return html`<${EditDialog} title=${t.edit.versions} onClose=${onClose}>
    <p class="edit-quiet">${t.edit.versionsAbout}</p>
    <p role="alert">${trouble}</p>
    <ol class="edit-versions">${versions.map(({ version, saved }, i) => html`<li key=${version}>
      <span>${t.edit.version(version)}${i === 0 && ` (${t.edit.newest})`}<br /><span class="edit-quiet">${day(saved, t.locale)}</span></span>
      <button type="button" class="act" onClick=${() => fetchVersion(id, version).then((edl) => {
        onTake(edl, version);
        onClose();
      }, complain)}>${t.edit.takeVersion}</button>
    </li>`)}</ol>
  <//>`;
}
