// SPDX-License-Identifier: GPL-3.0-or-later
// The button, and what the recording is doing.

import { html, useEffect, useState } from '../../vendor/preact.js';
import { ask, faultText } from '../../lib/api.js';
import { clock, day, seconds, size, timeOfDay } from '../../lib/format.js';
import { said, useWords } from '../../lib/language.js';
import { isInLesson } from '../../lib/rooms.js';
import { Button } from './button.js';
import { holes } from '../gap_bar.js';

/** @typedef {import('../../types').FaultText} FaultText */
/** @typedef {import('../../types').Status} Status */
/** @typedef {import('../../types').RecordingWhole} RecordingWhole */

const TITLE_MAX = 80;
const PLENTY_MINUTES = 100000; // what the recorder says before it expects a rate, and at most

/**
 * @param {{ room: import('../../types').Room, status: Status | null, lesson: RecordingWhole | null,
 *   stale: boolean }} props
 */
export function Control({ room, status, lesson, stale }) {
  const t = useWords();
  const [title, setTitle] = useState('');
  const [trouble, setTrouble] = useState(/** @type {FaultText | null} */ (null));
  const [savedTitle, setSavedTitle] = useState('');
  const recording = stale ? !!status?.lesson : isInLesson(room);
  useEffect(() => {
    if (recording) {
      setTrouble(null); // a lesson's end, on the other hand, must not wipe away that it went wrong
    }
  }, [recording]);

  /** @param {'POST' | 'DELETE'} method */
  async function press(method) {
    const starting = method === 'POST';
    setTrouble(null);
    setSavedTitle('');
    try {
      await ask(method, `/rooms/${room.id}/recording`, starting ? { title: title.trim() } : undefined);
      setSavedTitle(starting ? '' : status?.title || t.untitled);
      setTitle('');
      return true;
    } catch (error) {
      setTrouble(faultText(error));
      return false;
    }
  }

  return html`<div class="control">
    <${Button} recording=${recording} disabled=${stale} onStart=${() => press('POST')} onStop=${() => press('DELETE')} />
    <div class="control-words">
      <p class=${recording ? 'elapsed' : 'elapsed elapsed-idle'} role="timer" aria-label=${t.elapsed}>
        ${clock(recording ? seconds(status?.elapsed_ns || 0) : 0)}
      </p>
      <div class="proof">${recording
        ? html`<${Proof} status=${status} lesson=${lesson} />`
        : html`<p class=${savedTitle ? 'proof-good' : ''} role="status">
            ${savedTitle ? html`<${Check} /> ${t.saved(savedTitle)}` : t.pressToStart}</p>`}
      </div>
      <${Disk} status=${status} recording=${recording} />
    </div>
    ${recording
      ? html`<p class="lesson-title">${status?.title || t.untitled}</p>`
      : html`<label class="field title-field">
          <span>${t.titleLabel} <small>${t.titleHint}</small></span>
          <input type="text" name="title" maxlength=${TITLE_MAX} autocomplete="off" value=${title}
            onInput=${(/** @type {any} */ event) => setTitle(event.target.value)} />
        </label>`}
    <div class="trouble" role="alert">
      ${trouble && html`<p class="band band-bad">${said(t, trouble)}</p>`}
    </div>
  </div>`;
}

const Check = () => html`<svg class="check" viewBox="0 0 20 20" aria-hidden="true"><path d="M4 10.500l4 4 8-9" /></svg>`;

/** @param {{ status: Status | null, lesson: RecordingWhole | null }} props */
function Proof({ status, lesson }) {
  const t = useWords();
  return html`
    <p class=${status?.verified_wall ? 'proof-good' : ''}>
      ${status?.verified_wall
        ? html`<${Check} /> ${t.verified(timeOfDay(status.verified_wall))}`
        : t.notVerified}
    </p>
    ${lesson && lesson.gaps.length > 0 && html`<${GapsSoFar} gaps=${lesson.gaps} />`}`;
}

/** @param {{ gaps: import('../../types').Gap[] }} props */
function GapsSoFar({ gaps }) {
  const t = useWords();
  const found = holes(gaps);
  const lost = found.reduce((sum, hole) => sum + hole.to - hole.from, 0);
  return html`<p class="proof-gaps">${t.gapsSoFar(found.length, lost)}</p>`;
}

/** What lies on a recorder in another building. @param {{ here: NonNullable<Status['here']> }} props */
function Here({ here }) {
  const t = useWords();
  return html`<div>
    <dt>${t.lessonsHere}</dt>
    <dd>
      ${t.oldestHere(here.lessons, here.oldest ? day(here.oldest, t.locale) : '')}
      ${here.removed > 0 && html`<br />${t.removedHere(here.removed)}`}
    </dd>
  </div>`;
}

/** @param {{ status: Status | null, recording: boolean }} props */
function Disk({ status, recording }) {
  const t = useWords();
  const disk = status?.disk;
  const minutes = disk && disk.minutes_left < PLENTY_MINUTES ? disk.minutes_left : null;
  return html`<dl class="facts">
    <div class=${disk?.alarm && disk.alarm !== 'none' ? 'fact-bad' : ''}>
      <dt>${t.disk}</dt><dd>${disk ? t.diskLeft(minutes, size(disk.free_bytes)) : '–'}</dd>
    </div>
    ${status?.here && html`<${Here} here=${status.here} />`}
    <div><dt>${t.size}</dt><dd>${recording ? size(status?.bytes || 0) : '–'}</dd></div>
  </dl>`;
}
