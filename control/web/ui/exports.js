// SPDX-License-Identifier: GPL-3.0-or-later
// What a lesson or a microlesson can be exported as: what is to be drawn over its pictures, a button
// a preset, how long it takes, and what of it must be changed before. Entries of a menu's list.

import { html, useEffect, useState } from '../vendor/preact.js';
import { ask, faultText } from '../lib/api.js';
import { size, span } from '../lib/format.js';
import { said, useWords } from '../lib/language.js';

/** @typedef {import('../types').Job} Job */
/** @typedef {import('../types').Preset} Preset */
/** @typedef {import('../types').FaultText} FaultText */

const LOOK_MS = 2000;

/** The item's exports, newest first, for as long as they are looked at. @param {string} item */
function useJobs(item) {
  const [jobs, setJobs] = useState(/** @type {Job[]} */ ([]));
  const look = () => ask('GET', '/jobs').then((answer) => setJobs(answer.jobs.filter((/** @type {Job} */ job) => job.kind === 'export' && job.item === item)),
    () => {}); // asked again
  useEffect(() => {
    look();
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, [item]);
  return { jobs, look };
}

/** @param {{ item: string }} props */
export function Exports({ item }) {
  const t = useWords();
  const { jobs, look } = useJobs(item);
  const [standing, setStanding] = useState(/** @type {import('../types').Presets} */ ({ presets: [] }));
  const [captions, setCaptions] = useState('');
  const [logo, setLogo] = useState(false);
  const [asks, setAsks] = useState(false); // the answer is on its way
  const [trouble, setTrouble] = useState(/** @type {FaultText | null} */ (null));
  useEffect(() => {
    let current = true;
    ask('GET', `/presets?item=${encodeURIComponent(item)}`).then(
      (answer) => current && setStanding(answer),
      (error) => current && setTrouble(faultText(error)),
    );
    return () => {
      current = false;
    };
  }, [item]);

  /** @param {string} preset */
  async function make(preset) {
    setTrouble(null);
    setAsks(true);
    try {
      await ask('POST', '/jobs', { kind: 'export', item, preset, captions, logo });
      await look();
    } catch (error) {
      setTrouble(faultText(error));
    }
    setAsks(false);
  }

  const drawn = Boolean(captions) || logo;
  const made = standing.presets.filter((preset) => drawn || !preset.direct);
  const langs = standing.captions || [];
  return html`
    ${made.length > 0 && html`<li class="exports-head">${t.exportAs}</li>`}
    ${(langs.length > 0 || standing.logo) && html`<li class="export exports-drawn">
      ${langs.length > 0 && html`<label>${t.exportCaptions} <select value=${captions} onChange=${(/** @type {any} */ event) => setCaptions(event.target.value)}>
        <option value="">${t.exportNoCaptions}</option>
        ${langs.map(({ lang, label }) => html`<option key=${lang} value=${lang}>${label}</option>`)}
      </select></label>`}
      ${standing.logo && html`<label><input type="checkbox" checked=${logo} onChange=${(/** @type {any} */ event) => setLogo(event.target.checked)} /> ${t.exportLogo}</label>`}
      ${drawn && html`<p class="export-why" role="status">${t.exportDrawn}</p>`}
    </li>`}
    ${made.map((preset) => html`<${One} key=${preset.id} preset=${preset} drawn=${drawn} asks=${asks} job=${jobs.find((job) => job.preset?.id === preset.id)} onMake=${() => make(preset.id)} />`)}
    <li><div role="alert">${trouble && html`<p class="export-why">${said(t, trouble)}</p>`}</div></li>`;
}

/** @param {{ preset: Preset, drawn: boolean, asks: boolean, job: Job | undefined, onMake: () => void }} props job: the newest of it */
function One({ preset, drawn, asks, job, onMake }) {
  const t = useWords();
  const problems = preset.problems || [];
  const seconds = (drawn ? preset.about_drawn_s : preset.about_s) || 0;
  const limits = [preset.bytes ? t.exportMost(size(preset.bytes)) : '', seconds ? t.exportTakes(span(seconds)) : ''].filter(Boolean);
  const must = problems.some((problem) => problem.must);
  return html`<li class="export">
    <button type="button" class="export-make" aria-disabled=${must || asks} aria-describedby=${`export-${preset.id}`} onClick=${() => !must && !asks && onMake()}>
      ${said(t, preset.name)}</button>
    <p class="export-about" id=${`export-${preset.id}`}>${drawn && preset.direct ? t.exportKept : said(t, preset.about)}${limits.length > 0 && t.exportLimits(limits)}
      ${problems.map((problem) => html`<span class="export-why">${said(t, problem)}</span>`)}</p>
    <p class="export-job"><span role="status">${job && t.jobStates[job.state]}</span>${job?.state === 'running' && ` · ${Math.round((job.progress || 0) * 100)} %`}
      ${job?.fault && html`<span class="export-why">${said(t, job.fault)}</span>`}
      ${job?.result?.file && html`<a class="export-file" href=${`/api/v1/jobs/${job.id}/file`} download>${t.jobSave}<span class="unseen"> ${said(t, preset.name)}</span></a>`}</p>
  </li>`;
}
