// SPDX-License-Identifier: GPL-3.0-or-later
// What to download: a menu that is an ordinary list of links; and what can be exported.

import { html, useEffect, useRef, useState } from '../vendor/preact.js';
import { faultText, mediaUrl, untilMade } from '../lib/api.js';
import { span } from '../lib/format.js';
import { said, useWords } from '../lib/language.js';
import { isSound, trackName } from '../lib/names.js';
import { Exports } from './exports.js';
import { WantStick } from './stick.js';
import { useTick } from './use_tick.js';

/** @typedef {Pick<import('../types').Recording, 'id' | 'tracks' | 'state'>} Kept */

/**
 * @param {import('../lib/language.js').Words} t
 * @param {Kept} recording without tracks it is a microlesson
 */
function choices(t, recording) {
  const names = recording.tracks.map((track) => track.name);
  const sound = names.find(isSound);
  const pictures = names.filter((name) => !isSound(name));
  if (names.length === 0) {
    return [{ words: t.downloadClip, tracks: [] }];
  }
  const all = names.length > 1 ? [{ words: t.downloadAll, tracks: /** @type {string[]} */ ([]) }] : [];
  const pairs = sound && names.length > 2
    ? pictures.map((name) => ({ words: t.downloadWith(trackName(t, name)), tracks: [name, sound] }))
    : [];
  const ones = names.map((name) => ({ words: t.downloadOne(trackName(t, name)), tracks: [name] }));
  return [...all, ...pairs, ...ones];
}

/**
 * A microlesson's file, which may have to be made first: until then it is said, and then it begins.
 * @param {{ id: string, words: string, onBegun: () => void }} props
 */
function ClipLink({ id, words, onBegun }) {
  const t = useWords();
  const [since, setSince] = useState(0); // 0: nobody waits
  const [trouble, setTrouble] = useState(/** @type {import('../types').FaultText | null} */ (null));
  const link = useRef(/** @type {HTMLAnchorElement | null} */ (null));
  const made = useRef(false);
  const waiting = useRef(/** @type {AbortController | null} */ (null));
  useEffect(() => () => waiting.current?.abort(), [id]);
  useTick(1000, since > 0);

  /** @param {Event} event */
  async function get(event) {
    if (made.current) {
      made.current = false; // by the click below
      return;
    }
    event.preventDefault();
    if (since > 0) {
      return;
    }
    setTrouble(null);
    setSince(Date.now());
    const { signal } = (waiting.current = new AbortController());
    try {
      await untilMade(id, signal);
      made.current = true;
      link.current?.click();
      onBegun();
    } catch (error) {
      if (!signal.aborted) {
        setTrouble(faultText(error));
      }
    }
    setSince(0);
  }

  const waited = since > 0 ? Math.floor((Date.now() - since) / 1000) : 0;
  return html`<a href=${mediaUrl(id, [])} download ref=${link} onClick=${get} aria-busy=${since > 0}>${words}</a>
    <div role="status">${waited > 0 && html`<p class="export export-about">${t.downloadMade}<span aria-hidden="true"> ${span(waited)}</span></p>`}</div>
    <div role="alert">${trouble && html`<p class="export export-why">${said(t, trouble)}</p>`}</div>`;
}

/** @param {{ recording: Kept, name: string, kind?: string }} props kind: which class of buttons it is like */
export function Download({ recording, name, kind = 'button' }) {
  const t = useWords();
  const [open, setOpen] = useState(false);
  const menu = useRef(/** @type {HTMLDetailsElement | null} */ (null));
  useEffect(() => {
    /** @param {Event} event */
    const close = (event) => {
      const target = /** @type {Node} */ (event.target);
      if (menu.current && !menu.current.contains(target)) {
        menu.current.open = false;
      }
    };
    document.addEventListener('click', close);
    return () => document.removeEventListener('click', close);
  }, []);

  function closeMenu() {
    if (menu.current) {
      menu.current.open = false;
    }
  }

  return html`<details class="download" ref=${menu} onToggle=${() => setOpen(Boolean(menu.current?.open))}
      onKeyDown=${(/** @type {KeyboardEvent} */ event) => {
        if (event.key === 'Escape' && open) {
          event.preventDefault(); // the window in which it stands stays
          closeMenu();
          menu.current?.querySelector('summary')?.focus();
        }
      }}>
    <summary class=${kind}>${t.download}<span class="unseen"> ${name}</span></summary>
    <ul class="download-list">
      ${choices(t, recording).map(({ words, tracks }) => html`<li>
        ${recording.tracks.length === 0 ? html`<${ClipLink} id=${recording.id} words=${words} onBegun=${closeMenu} />`
    : html`<a href=${mediaUrl(recording.id, tracks)} download onClick=${closeMenu}>${words}</a>`}
      </li>`)}
      ${open && recording.state === 'ended' && recording.tracks.length > 0 && html`<${WantStick} lesson=${recording.id} />`}
      ${open && recording.state === 'ended' && html`<${Exports} item=${recording.id} />`}
    </ul>
  </details>`;
}
