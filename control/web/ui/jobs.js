// SPDX-License-Identifier: GPL-3.0-or-later
// What takes its time: how far each job is, cancelled, tried again, its file saved.

import { html, useState } from '../vendor/preact.js';
import { ask, faultText } from '../lib/api.js';
import { size, span } from '../lib/format.js';
import { said, useWords } from '../lib/language.js';

/** @typedef {import('../types').Job} Job */
/** @typedef {import('../types').FaultText} FaultText */

/** @param {{ jobs: Job[], lost: boolean }} props */
export function Jobs({ jobs, lost }) {
  const t = useWords();
  const [trouble, setTrouble] = useState(/** @type {FaultText | null} */ (null));

  /** @param {Promise<any>} asked */
  async function run(asked) {
    setTrouble(null);
    try {
      await asked;
    } catch (error) {
      setTrouble(faultText(error));
    }
  }

  return html`<section class="card jobs" aria-labelledby="jobs">
    <h2 id="jobs">${t.jobs}</h2>
    <div role="alert">${trouble && html`<p class="band band-bad">${said(t, trouble)}</p>`}</div>
    <ul>
      ${jobs.map((job) => html`<${One} key=${job.id} job=${job} lost=${lost}
        onDrop=${() => run(ask('DELETE', `/jobs/${job.id}`))}
        onAgain=${() => run(ask('PUT', `/jobs/${job.id}`, { state: 'waiting' }))} />`)}
    </ul>
  </section>`;
}

const HEALTH = { waiting: 'off', running: 'opening', done: 'running', failed: 'no-signal', cancelled: 'off' };

/** @param {{ job: Job, lost: boolean, onDrop: () => void, onAgain: () => void }} props */
function One({ job, lost, onDrop, onAgain }) {
  const t = useWords();
  const what = t.jobKinds[/** @type {keyof typeof t.jobKinds} */ (job.kind)] || job.kind;
  const as = job.preset ? ` · ${said(t, job.preset.name)}` : '';
  const name = job.title || job.item || job.id;
  const isOver = job.state !== 'waiting' && job.state !== 'running';
  const part = Math.round((job.progress || 0) * 100);
  return html`<li class="job" aria-label=${name}>
    <div class="job-head">
      <span class="job-name">${name}</span>
      <span class="health health-${HEALTH[job.state]}" role="status">${t.jobStates[job.state]}</span>
    </div>
    <p class="job-facts">${what}${as}${Boolean(job.result?.bytes) && html` · ${size(job.result?.bytes || 0)}`}</p>
    ${job.state === 'running' && html`
      <progress class="job-bar" max="100" value=${part} aria-label=${name}></progress>
      <p class="job-facts">${part} %${job.held ? ` · ${t.jobHeld}` : job.left_s !== undefined ? ` · ${t.jobLeft(span(job.left_s))}` : ''}</p>`}
    ${job.fault && html`<p class="job-why">${said(t, job.fault)}</p>`}
    ${(job.result?.notes || []).map((note) => html`<p class="job-why">${said(t, note)}</p>`)}
    <div class="job-acts">
      ${job.result?.file && html`<a class="button button-small button-main" href=${`/api/v1/jobs/${job.id}/file`} download>${t.jobSave}<span class="unseen"> ${name}</span></a>`}
      ${(job.state === 'failed' || job.state === 'cancelled') && html`<button type="button" class="button button-small" aria-disabled=${lost}
        onClick=${() => !lost && onAgain()}>${t.jobAgain}<span class="unseen"> ${name}</span></button>`}
      <button type="button" class="button button-small" aria-disabled=${lost || job.cancelling} onClick=${() => !lost && !job.cancelling && onDrop()}>
        ${isOver ? t.remove : t.jobCancel}<span class="unseen"> ${name}</span></button>
    </div>
  </li>`;
}
