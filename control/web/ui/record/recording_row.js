// SPDX-License-Identifier: GPL-3.0-or-later
// One recording: what it is, its time line, and the ways on from it.

import { html, useEffect, useState } from '../../vendor/preact.js';
import { ask, playUrl } from '../../lib/api.js';
import { day, seconds, size, span } from '../../lib/format.js';
import { useWords } from '../../lib/language.js';
import { recordingName, trackNames } from '../../lib/names.js';
import { Download } from '../download.js';
import { GapBar, holes } from '../gap_bar.js';

/** @typedef {import('../../types').Gap} Gap */
/** @typedef {import('../../types').Recording} Recording */

/**
 * Gaps, which the list only counts.
 * @param {Recording} recording
 */
function useGaps(recording) {
  const [gaps, setGaps] = useState(/** @type {Gap[] | null} */ (null));
  useEffect(() => {
    let current = true;
    if (recording.gap_count > 0) {
      ask('GET', `/recordings/${recording.id}`).then((whole) => current && setGaps(whole.gaps), () => {}); // their number stands there
    }
    return () => {
      current = false;
    };
  }, [recording.id, recording.state, recording.gap_count]);
  return gaps;
}

/** @param {{ recording: Recording, room: string }} props */
export function RecordingRow({ recording, room }) {
  const t = useWords();
  const gaps = useGaps(recording);
  const name = recordingName(t, recording);
  const length = seconds(recording.duration_ns);
  const nameId = `recording-${recording.id}`;
  const facts = [recording.title && day(recording.started, t.locale), room, size(recording.bytes),
    trackNames(t, recording.tracks.map((track) => track.name))].filter(Boolean);
  return html`<li class="recording" aria-labelledby=${nameId}>
    <div class="recording-row">
      <div class="recording-words">
        <h3 id=${nameId}>
          <a class="recording-name" href=${playUrl(recording.id)}><bdi>${name}</bdi></a>
          ${recording.tracks.some((track) => track.demo) && html` <span class="demo">${t.demo}</span>`}
        </h3>
        <p class="recording-facts">${facts.map((fact) => html`<span>${fact}</span>`)}</p>
      </div>
      <div class="recording-line">
        <div class="recording-line-words">
          <span class="recording-length">${span(length)}</span>
          <${State} recording=${recording} gaps=${gaps ? holes(gaps).length : recording.gap_count} />
        </div>
        <${GapBar} length=${length} gaps=${gaps || []} />
      </div>
      <div class="recording-acts">
        <a class="button button-main" href=${playUrl(recording.id)}>${t.play}<span class="unseen"> ${name}</span></a>
        <${Download} recording=${recording} name=${name} />
        ${recording.state !== 'recording' && html`<a class="button" href=${`/edit/${recording.id}`}>${t.edit.title}<span class="unseen"> ${name}</span></a>`}
      </div>
    </div>
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
