// SPDX-License-Identifier: GPL-3.0-or-later
// What a lesson or a microlesson can be exported as: a button a preset, and what of it must be
// changed before. Entries of a menu's list.

import { html, useEffect, useState } from '../vendor/preact.js';
import { ask, faultText } from '../lib/api.js';
import { size } from '../lib/format.js';
import { said, useWords } from '../lib/language.js';

/** @typedef {import('../types').Preset} Preset */
/** @typedef {import('../types').FaultText} FaultText */

/** @param {{ item: string }} props */
export function Exports({ item }) {
  const t = useWords();
  const [presets, setPresets] = useState(/** @type {Preset[]} */ ([]));
  const [asked, setAsked] = useState('');
  const [trouble, setTrouble] = useState(/** @type {FaultText | null} */ (null));
  useEffect(() => {
    let current = true;
    ask('GET', `/presets?item=${encodeURIComponent(item)}`).then(
      (answer) => current && setPresets(answer.presets),
      (error) => current && setTrouble(faultText(error)),
    );
    return () => {
      current = false;
    };
  }, [item]);

  /** @param {string} preset */
  async function make(preset) {
    setTrouble(null);
    try {
      await ask('POST', '/jobs', { kind: 'export', item, preset });
      setAsked(preset);
    } catch (error) {
      setTrouble(faultText(error));
    }
  }

  const made = presets.filter((preset) => !preset.direct);
  return html`
    ${made.length > 0 && html`<li class="exports-head">${t.exportAs}</li>`}
    ${made.map((preset) => html`<${One} key=${preset.id} preset=${preset} asked=${asked === preset.id} onMake=${() => make(preset.id)} />`)}
    <li><div role="alert">${trouble && html`<p class="export-why">${said(t, trouble)}</p>`}</div></li>`;
}

/** @param {{ preset: Preset, asked: boolean, onMake: () => void }} props */
function One({ preset, asked, onMake }) {
  const t = useWords();
  const problems = preset.problems || [];
  const must = problems.some((problem) => problem.must);
  return html`<li class="export">
    <button type="button" class="export-make" aria-disabled=${must} aria-describedby=${`export-${preset.id}`} onClick=${() => !must && onMake()}>
      ${said(t, preset.name)}</button>
    <p class="export-about" id=${`export-${preset.id}`}>${said(t, preset.about)}${Boolean(preset.bytes) && html` (${t.exportMost(size(preset.bytes || 0))})`}
      ${problems.map((problem) => html`<span class="export-why">${said(t, problem)}</span>`)}</p>
    <p class="export-asked" role="status">${asked && t.jobAsked}</p>
  </li>`;
}
