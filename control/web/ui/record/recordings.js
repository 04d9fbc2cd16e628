// SPDX-License-Identifier: GPL-3.0-or-later
// The list of recordings, newest first.

import { html, useEffect, useState } from '../../vendor/preact.js';
import { ask, faultText } from '../../lib/api.js';
import { said, useWords } from '../../lib/language.js';
import { roomName } from '../../lib/names.js';
import { RecordingRow } from './recording_row.js';

/** @typedef {import('../../types').Recording} Recording */
/** @typedef {import('../../types').FaultText} FaultText */

const MORE = 20;
const AT_ONCE_MAX = 100; // what the server gives in one answer
const LOOK_AGAIN_MS = 30000; // lengths and sizes of a lesson that runs grow

/**
 * A recording that runs, as long and as big as its room says it is now.
 * @param {Recording} recording
 * @param {import('../../types').Room[]} rooms
 * @returns {Recording}
 */
function asOfNow(recording, rooms) {
  const status = rooms.map((room) => room.status).find((one) => one?.lesson === recording.id);
  return status
    ? { ...recording, duration_ns: status.elapsed_ns || 0, bytes: status.bytes || 0 }
    : recording;
}

/**
 * The newest recordings, wanted or fewer, and whether there are more. Asked for from the newest on
 * each time, so that what was deleted goes.
 * @param {number} wanted
 */
async function askForNewest(wanted) {
  /** @type {Recording[]} */
  let recordings = [];
  let next = '';
  do {
    const limit = Math.min(AT_ONCE_MAX, wanted - recordings.length);
    const part = await ask('GET', `/recordings?limit=${limit}${next && `&before=${next}`}`);
    recordings = recordings.concat(part.recordings);
    next = part.next || '';
  } while (next && recordings.length < wanted);
  return { recordings, more: next !== '' };
}

/** @param {{ rooms: import('../../types').Room[], news: number }} props */
export function Recordings({ rooms, news }) {
  const t = useWords();
  const [list, setList] = useState(/** @type {Recording[] | null} */ (null));
  const [more, setMore] = useState(false);
  const [trouble, setTrouble] = useState(/** @type {FaultText | null} */ (null));
  const [wanted, setWanted] = useState(MORE);
  const running = rooms.map((room) => room.status?.lesson || room.state).join(' ');

  useEffect(() => {
    let current = true;
    async function look() {
      try {
        const answer = await askForNewest(wanted);
        if (current) {
          setList(answer.recordings);
          setMore(answer.more);
          setTrouble(null);
        }
      } catch (error) {
        if (current) {
          setTrouble(faultText(error));
        }
      }
    }
    look();
    const timer = setInterval(look, LOOK_AGAIN_MS);
    return () => {
      current = false;
      clearInterval(timer);
    };
  }, [news, running, wanted]);

  const names = new Map(rooms.map((room) => [room.id, roomName(t, room)]));
  return html`<section class="card recordings" aria-labelledby="recordings">
    <h2 id="recordings">${t.recordings}</h2>
    ${trouble && (!list || trouble.code !== 'unreachable') && html`<p class="band band-warn">${t.noRecordingsFound} ${said(t, trouble)}</p>`}
    ${list && list.length === 0 && html`<p class="quiet">${t.noRecordings}</p>`}
    <ul class="recording-list">
      ${(list || []).map((recording) => html`<${RecordingRow} key=${recording.id} recording=${asOfNow(recording, rooms)}
        room=${names.get(recording.room) || (recording.room === 'import' ? t.uploads.room : recording.room)} />`)}
    </ul>
    ${list && more && html`<button type="button" class="button" onClick=${() => setWanted(list.length + MORE)}>
      ${t.more}</button>`}
  </section>`;
}
