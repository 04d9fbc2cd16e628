// SPDX-License-Identifier: GPL-3.0-or-later
// One recording: what it is, its time line, play and download.

import { html, useEffect, useState } from '../vendor/preact.js';
import { ask, faultText } from '../lib/api.js';
import { day, seconds, size, span } from '../lib/format.js';
import { said, useWords } from '../lib/language.js';
import { recordingName, trackNames } from '../lib/names.js';
import { Download } from './download.js';
import { Player } from './player.js';
import { GapBar, holes } from './timeline.js';

/** @typedef {import('../types').Recording} Recording */
/** @typedef {import('../types').RecordingWhole} RecordingWhole */
/** @typedef {import('../types').FaultText} FaultText */

/**
 * Gaps and marks, which the list does not carry, or why there are none. askAgain: it may be gone.
 * @param {Recording} recording
 * @param {boolean} open
 * @param {number} news
 */
function useWhole(recording, open, news) {
  const [times, setTimes] = useState(0);
  const [whole, setWhole] = useState(/** @type {RecordingWhole | null} */ (null));
  const [trouble, setTrouble] = useState(/** @type {FaultText | null} */ (null));
  useEffect(() => {
    let current = true;
    /**
     * @param {RecordingWhole | null} answer
     * @param {FaultText | null} fault
     */
    function take(answer, fault) {
      if (current) {
        setTrouble(fault);
        setWhole((old) => answer || (fault?.code === 'not-found' ? null : old));
      }
    }
    if (open || recording.gap_count > 0) {
      ask('GET', `/recordings/${recording.id}`).then((answer) => take(answer, null),
        (error) => take(null, faultText(error)));
    }
    return () => {
      current = false;
    };
  }, [recording.id, recording.state, recording.gap_count, open, open && news, times]);
  return { whole, trouble, askAgain: () => setTimes(times + 1) };
}

/**
 * @param {{ recording: Recording, room: string, news: number, open: boolean,
 *   onOpen: (on: boolean) => void }} props
 */
export function RecordingRow({ recording, room, news, open, onOpen }) {
  const t = useWords();
  const { whole, trouble, askAgain } = useWhole(recording, open, news);
  const name = recordingName(t, recording);
  const length = seconds(recording.duration_ns);
  const nameId = `recording-${recording.id}`;
  const facts = [recording.title && day(recording.started, t.locale), room, size(recording.bytes),
    trackNames(t, recording.tracks.map((track) => track.name))].filter(Boolean);
  return html`<li class=${open ? 'recording recording-open' : 'recording'} aria-labelledby=${nameId}>
    <div class="recording-row">
      <div class="recording-words">
        <h3 id=${nameId}>
          <a class="recording-name" href=${`/lessons/${recording.id}`}>${name}</a>
          ${recording.tracks.some((track) => track.demo) && html` <span class="demo">${t.demo}</span>`}
        </h3>
        <p class="recording-facts">${facts.map((fact) => html`<span>${fact}</span>`)}</p>
      </div>
      <div class="recording-line">
        <div class="recording-line-words">
          <span class="recording-length">${span(length)}</span>
          <${State} recording=${recording} gaps=${whole ? holes(whole.gaps).length : recording.gap_count} />
        </div>
        <${GapBar} length=${length} gaps=${whole?.gaps || []} />
      </div>
      <div class="recording-acts">
        <button type="button" class="button button-main" aria-expanded=${open} onClick=${() => onOpen(!open)}>
          ${open ? t.closePlayer : t.play}<span class="unseen"> ${name}</span>
        </button>
        <${Download} recording=${recording} name=${name} />
        ${recording.state !== 'recording' && html`<a class="button" href=${`/edit/${recording.id}`}>${t.edit.title}<span class="unseen"> ${name}</span></a>`}
      </div>
    </div>
    ${open && trouble && html`<p class="band band-bad" role="alert">${trouble.code === 'not-found' ? t.gone : said(t, trouble)}</p>`}
    ${open && whole && html`<${Player} key=${whole.state} recording=${whole} name=${name} onBroken=${askAgain} />`}
  </li>`;
}

/** @param {{ recording: Recording, gaps: number }} props */
function State({ recording, gaps }) {
  const t = useWords();
  if (recording.state !== 'ended') {
    return html`<span class="badge badge-${recording.state}">${t.recordingStates[recording.state]}</span>`;
  }
  return gaps > 0
    ? html`<span class="badge badge-interrupted">${t.withGaps(gaps)}</span>`
    : html`<span class="badge badge-ended">${t.recordingStates.ended}</span>`;
}
