// SPDX-License-Identifier: GPL-3.0-or-later
// The list of recordings, newest first; one player at a time, in place.

import { html, useEffect, useState } from '../vendor/preact.js';
import { ask, faultText } from '../lib/api.js';
import { said, useWords } from '../lib/language.js';
import { RecordingRow } from './recording_row.js';

/** @typedef {import('../types').Recording} Recording */
/** @typedef {import('../types').FaultText} FaultText */

const SHOWN_AT_ONCE = 20;
const LOOK_AGAIN_MS = 30000; // lengths and sizes of a lesson that runs grow

/**
 * A recording that runs, as long and as big as its room says it is now.
 * @param {Recording} recording
 * @param {import('../types').Room[]} rooms
 * @returns {Recording}
 */
function asOfNow(recording, rooms) {
  const status = rooms.map((room) => room.status).find((one) => one?.lesson === recording.id);
  return status
    ? { ...recording, duration_ns: status.elapsed_ns || 0, bytes: status.bytes || 0 }
    : recording;
}

/** @param {{ rooms: import('../types').Room[], news: number }} props */
export function Recordings({ rooms, news }) {
  const t = useWords();
  const [list, setList] = useState(/** @type {Recording[] | null} */ (null));
  const [trouble, setTrouble] = useState(/** @type {FaultText | null} */ (null));
  const [shown, setShown] = useState(SHOWN_AT_ONCE);
  const [open, setOpen] = useState('');
  const running = rooms.map((room) => room.status?.lesson || room.state).join(' ');

  useEffect(() => {
    let wanted = true;
    async function look() {
      try {
        const answer = await ask('GET', '/recordings');
        if (wanted) {
          setList(answer.recordings);
          setTrouble(null);
        }
      } catch (error) {
        setTrouble(faultText(error));
      }
    }
    look();
    const timer = setInterval(look, LOOK_AGAIN_MS);
    return () => {
      wanted = false;
      clearInterval(timer);
    };
  }, [news, running]);

  const names = new Map(rooms.map((room) => [room.id, room.name]));
  return html`<section class="card recordings" aria-labelledby="recordings">
    <h2 id="recordings">${t.recordings}</h2>
    ${!list && trouble && html`<p class="band band-warn">${t.noRecordingsFound} ${said(t, trouble)}</p>`}
    ${list && list.length === 0 && html`<p class="quiet">${t.noRecordings}</p>`}
    <ul class="recording-list">
      ${(list || []).slice(0, shown).map((recording) => html`<${RecordingRow} key=${recording.id} recording=${asOfNow(recording, rooms)}
        room=${names.get(recording.room) || recording.room} open=${open === recording.id}
        onOpen=${(/** @type {boolean} */ on) => setOpen(on ? recording.id : '')} />`)}
    </ul>
    ${list && list.length > shown && html`<button type="button" class="button"
      onClick=${() => setShown(shown + SHOWN_AT_ONCE)}>${t.more}</button>`}
  </section>`;
}
