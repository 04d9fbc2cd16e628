// SPDX-License-Identifier: GPL-3.0-or-later
// Lessons for a USB stick: asked for in a lesson's download menu, and how far each is. A stick that is
// inserted copies them by itself.

import { html, useEffect, useState } from '../vendor/preact.js';
import { ask, faultText } from '../lib/api.js';
import { day, timeOfDay } from '../lib/format.js';
import { said, useWords } from '../lib/language.js';

/** @typedef {import('../types').Stick} Stick */
/** @typedef {import('../types').FaultText} FaultText */

const LOOK_AGAIN_MS = 3000; // while something waits for a stick, or is copied
const ASKED = 'lectern-stick'; // told by the menu to the list

/** What waits for a stick; nothing where nobody asked for any. */
export function Sticks() {
  const t = useWords();
  const [sticks, setSticks] = useState(/** @type {Stick[]} */ ([]));
  const [times, setTimes] = useState(0);
  const waits = sticks.some((stick) => stick.state !== 'done');
  useEffect(() => {
    let current = true;
    const look = () => ask('GET', '/sticks').then((answer) => current && setSticks(answer.sticks), () => {}); // the head says what is lost
    look();
    const timer = setInterval(() => waits && look(), LOOK_AGAIN_MS);
    window.addEventListener(ASKED, look);
    return () => {
      current = false;
      clearInterval(timer);
      window.removeEventListener(ASKED, look);
    };
  }, [waits, times]);

  /** @param {Stick} stick */
  const drop = (stick) => ask('DELETE', `/recordings/${stick.item}/stick`).then(() => setTimes(times + 1), () => setTimes(times + 1));
  const copies = sticks.some((stick) => stick.state === 'copying');
  return sticks.length > 0 && html`<section class="card jobs" aria-labelledby="sticks">
    <h2 id="sticks">${t.stick.title}</h2>
    ${waits && html`<p class="quiet">${copies ? t.stick.leaveIn : t.stick.insert}</p>`}
    <ul>${sticks.map((stick) => html`<${One} key=${stick.item} stick=${stick} onDrop=${() => drop(stick)} />`)}</ul>
  </section>`;
}

const HEALTH = { waiting: 'off', copying: 'opening', done: 'running' };

/** @param {{ stick: Stick, onDrop: () => void }} props */
function One({ stick, onDrop }) {
  const t = useWords();
  const name = stick.title || (Date.parse(stick.created) ? day(stick.created, t.locale) : stick.item); // its file may be damaged
  const part = Math.round((stick.progress || 0) * 100);
  return html`<li class="job" aria-label=${name}>
    <div class="job-head">
      <span class="job-name">${name}</span>
      <span class=${`health health-${HEALTH[stick.state]}`} role="status">${t.stick.states[stick.state]}</span>
    </div>
    ${stick.state === 'copying' && html`<progress class="job-bar" max="100" value=${part} aria-label=${name}></progress>
      <p class="job-facts">${part} %</p>`}
    ${stick.state === 'done' && html`<p class="job-facts">${t.stick.done(timeOfDay(stick.at || ''), stick.file || '')}</p>`}
    ${stick.fault && html`<p class="job-why">${said(t, stick.fault)}</p>`}
    <div class="job-acts">
      <button type="button" class="button button-small" onClick=${onDrop}>
        ${stick.state === 'done' ? t.stick.forget : t.jobCancel}<span class="unseen"> ${name}</span></button>
    </div>
  </li>`;
}

/** In a lesson's download menu, where this machine's sticks are served. @param {{ lesson: string }} props */
export function WantStick({ lesson }) {
  const t = useWords();
  const [offered, setOffered] = useState(false);
  const [asked, setAsked] = useState(false);
  const [trouble, setTrouble] = useState(/** @type {FaultText | null} */ (null));
  useEffect(() => {
    let current = true;
    ask('GET', '/sticks').then((answer) => current && setOffered(answer.offered), () => {}); // then it is not offered
    return () => {
      current = false;
    };
  }, []);

  async function want() {
    setTrouble(null);
    try {
      await ask('PUT', `/recordings/${lesson}/stick`);
      window.dispatchEvent(new Event(ASKED));
      setAsked(true);
    } catch (error) {
      setTrouble(faultText(error));
    }
  }

  return offered && html`<li>
    <button type="button" class="download-act" onClick=${want}>${t.stick.want}</button>
    <div class="export" role="status">
      ${asked && html`<p class="export-about">${t.stick.insert}</p>`}
      ${trouble && html`<p class="export-why">${said(t, trouble)}</p>`}
    </div>
  </li>`;
}
