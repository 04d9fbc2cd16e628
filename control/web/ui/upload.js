// SPDX-License-Identifier: GPL-3.0-or-later
// Films that others recorded, on their way into the recordings.

import { html, useEffect, useRef, useState } from '../vendor/preact.js';
import { size } from '../lib/format.js';
import { said, useWords } from '../lib/language.js';
import { Uploads } from '../lib/uploads.js';
import { Asking } from './asking.js';
import { useStay } from './use_stay.js';

/** @typedef {import('../lib/uploads.js').Upload} Upload */

/** @param {Upload} one */
function part(one) {
  return one.state === 'making' ? one.progress : one.have / one.size;
}

/** @param {{ uploads: Uploads, one: Upload }} props */
function Row({ uploads, one }) {
  const t = useWords();
  const w = t.uploads;
  const percent = Math.floor(100 * part(one));
  const runs = ['sending', 'waiting', 'paused', 'lacking', 'gathered', 'making'].includes(one.state);
  const first = uploads.list.find((each) => each.id === one.with);
  return html`<li class="upload">
    <div class="upload-head">
      <span class="upload-name">${one.name}${first && html` <small>${w.with(first.name)}</small>`}</span>
      <span class="upload-facts">${w.states[/** @type {keyof typeof w.states} */ (one.state)]}${
        runs && html` · ${percent}\u00a0% · ${size(one.size)}`}</span>
    </div>
    ${runs && html`<progress class="upload-bar" max="100" value=${percent} aria-label=${w.bar(one.name)}></progress>`}
    ${one.fault && html`<p class="band band-warn" role="status">${said(t, one.fault)}</p>`}
    ${one.notes.map((note) => html`<p class="band band-warn">${said(t, note)}</p>`)}
    <div class="upload-acts">
      ${one.id && (one.state === 'sending' || one.state === 'waiting') && html`<button type="button" class="button button-small"
        onClick=${() => uploads.pause(one)}>${w.pause}<span class="unseen"> ${one.name}</span></button>`}
      ${one.state === 'paused' && html`<button type="button" class="button button-small"
        onClick=${() => uploads.send(one)}>${w.goOn}<span class="unseen"> ${one.name}</span></button>`}
      ${one.state === 'done' || one.state === 'refused'
    ? html`<button type="button" class="button button-small" onClick=${() => uploads.remove(one)}>${w.dismiss}<span class="unseen"> ${one.name}</span></button>`
    : html`<${Asking} button=${w.giveUp} label=${w.giveUpName(one.name)} words=${uploads.lesson(one.with || one.id).length > 1 ? w.askGiveUpAll : w.askGiveUp} yes=${w.giveUp}
        lost=${false} onYes=${() => uploads.remove(one)} />`}
    </div>
  </li>`;
}

/**
 * onDone: a lesson was made.
 * @param {{ onDone: () => void }} props
 */
export function Upload({ onDone }) {
  const t = useWords();
  const w = t.uploads;
  const [, setTurn] = useState(0);
  const uploads = useRef(/** @type {Uploads | null} */ (null));
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const done = useRef(0);
  const [chosen, setChosen] = useState(/** @type {File[]} */ ([])); // several, and it is asked what they are

  useEffect(() => {
    const all = new Uploads(() => {
      const ready = all.list.filter((one) => one.state === 'done').length;
      if (ready > done.current) {
        onDone();
      }
      done.current = ready;
      setTurn((turn) => turn + 1);
    });
    uploads.current = all;
    all.load().catch(() => { /* the head of the page says that the server is away */ });
    return () => all.close();
  }, []);

  useStay(!!uploads.current?.list.some((one) => ['sending', 'waiting'].includes(one.state)));

  function choose() {
    const files = [...(input.current?.files || [])];
    if (files.filter((file) => !uploads.current?.known(file)).length > 1) {
      setChosen(files);
    } else {
      uploads.current?.add(files);
    }
    if (input.current) {
      input.current.value = ''; // the same file may be chosen again
    }
  }

  /** @param {boolean} together */
  function add(together) {
    uploads.current?.add(chosen, together);
    setChosen([]);
  }

  return html`<section class="card uploads" aria-labelledby="uploads">
    <h2 id="uploads">${w.title}</h2>
    <p class="quiet">${w.hint}</p>
    <ul class="upload-list">
      ${(uploads.current?.list || []).map((one) => html`<${Row} key=${one.id || one.name} uploads=${uploads.current} one=${one} />`)}
    </ul>
    ${chosen.length > 0 && html`<div class="band band-calm upload-what" role="alert">
      <p>${w.what(chosen.length)}</p>
      <ul class="upload-chosen">${chosen.map((file) => html`<li>${file.name}</li>`)}</ul>
      <button type="button" class="button button-small" onClick=${() => add(true)}>${w.together}</button>
      <button type="button" class="button button-small" onClick=${() => add(false)}>${w.apart}</button>
      <button type="button" class="button button-small" onClick=${() => setChosen([])}>${t.cancel}</button>
    </div>`}
    <input class="unseen" id="upload-files" type="file" multiple accept="video/*,audio/*,.mts,.m2ts,.mkv,.ts,.flv" ref=${input} onChange=${choose} />
    <label class="button upload-choose" for="upload-files">${w.choose}</label>
  </section>`;
}
