// SPDX-License-Identifier: GPL-3.0-or-later
// The page: head, what the server says, the rooms, the recordings.

import { html, useEffect, useState } from '../../vendor/preact.js';
import { follow } from '../../lib/live.js';
import { chooseWords, LanguageProvider, startingWords } from '../../lib/language.js';
import { timeOfDay } from '../../lib/format.js';
import { Head } from '../head.js';
import { Jobs } from '../jobs.js';
import { Recordings } from './recordings.js';
import { Room } from './room.js';
import { Sticks } from '../stick.js';
import { Upload } from '../upload.js';

/** @typedef {import('../../types').Live} Live */

export function App() {
  const [t, setWords] = useState(startingWords);
  const [live, setLive] = useState(/** @type {Live | null} */ (null));
  const [made, setMade] = useState(0); // lessons of uploads, since the page was opened
  useEffect(() => follow(setLive), []);
  useEffect(() => {
    document.documentElement.lang = t.locale;
    document.title = t.title;
  }, [t]);
  const rooms = live?.rooms || [];
  const jobs = (live?.jobs || []).filter((job) => job.kind === 'export'); // what nobody asked for is nobody's; imports stand with their files
  return html`<${LanguageProvider} value=${t}>
    <${Head} onLanguage=${(/** @type {'zh' | 'en'} */ lang) => setWords(chooseWords(lang))} />
    <div class="link" role="alert">
      ${live?.link === 'lost' && html`<p class="band band-bad">
        <strong>${t.lost} ${rooms.some((room) => room.status?.lesson) && t.goesOn}</strong> ${t.reconnecting} ${live.rooms && t.asOf(timeOfDay(live.at))}
      </p>`}
    </div>
    <main>
      ${!live?.rooms && html`<p class="opening">${t.opening}</p>`}
      ${live?.rooms && rooms.length === 0 && html`<p class="opening">${t.noRooms}</p>`}
      ${rooms.map((room) => html`<${Room} key=${room.id} room=${room} lost=${live?.link === 'lost'} />`)}
      ${live?.rooms && jobs.length > 0 && html`<${Jobs} jobs=${jobs} lost=${live.link === 'lost'} />`}
      ${live?.rooms && html`<${Sticks} />`}
      ${live?.rooms && html`<${Recordings} rooms=${rooms} news=${live.recordings + made} />`}
      ${live?.rooms && html`<${Upload} onDone=${() => setMade((n) => n + 1)} />`}
    </main>
  <//>`;
}
