// SPDX-License-Identifier: GPL-3.0-or-later
// Who may watch the room live: a link to hand on, the links there are, or everybody.

import { html, useEffect, useRef, useState } from '../vendor/preact.js';
import { ask, faultText } from '../lib/api.js';
import { copyText } from '../lib/copy.js';
import { day } from '../lib/format.js';
import { said, useWords } from '../lib/language.js';
import { Asking } from './asking.js';

/** @typedef {import('../types').FaultText} FaultText */
/** @typedef {import('../types').WatchLink} WatchLink */
/** @typedef {{ words: string, address: string, copied: boolean }} Copied */

const DAY_S = 86400;
const SPANS_S = [DAY_S, 30 * DAY_S, 365 * DAY_S];
const USUAL_S = SPANS_S[1];

/** @param {string} path */
export const whole = (path) => new URL(path, location.href).href;

/** @param {{ room: import('../types').Room, lost: boolean }} props */
export function Sharing({ room, lost }) {
  const t = useWords();
  const [links, setLinks] = useState(/** @type {WatchLink[] | null} */ (null));
  const [trouble, setTrouble] = useState(/** @type {FaultText | null} */ (null));
  const [news, setNews] = useState(/** @type {Copied | null} */ (null));
  const [open, setOpen] = useState(false);
  const more = useRef(/** @type {HTMLElement | null} */ (null));
  const path = `/rooms/${room.id}`;

  /**
   * Does something that may be refused, then looks at the links again. What it gives, or null.
   * @template T
   * @param {() => Promise<T>} act
   */
  async function run(act) {
    setTrouble(null);
    setNews(null);
    try {
      const done = await act();
      const answer = await ask('GET', `${path}/links`);
      setLinks(answer.links);
      return done;
    } catch (error) {
      setTrouble(faultText(error));
      return null;
    }
  }

  /** @param {string} address @param {string} words */
  async function copy(address, words) {
    setNews({ words, address, copied: await copyText(address) });
  }

  // The one that ends last is the room's link; it is made when there is none.
  async function copyAny() {
    if (lost) {
      return;
    }
    if (room.public) {
      copy(whole(`/watch/${room.id}`), t.everybodyMay);
      return;
    }
    const link = await run(async () => {
      const answer = await ask('GET', `${path}/links`);
      return answer.links[0] || (await ask('POST', `${path}/links`, { seconds: USUAL_S }));
    });
    if (link) {
      copyOne(link);
    }
  }

  /** @param {WatchLink} link */
  const copyOne = (link) => copy(whole(link.url), t.goodUntil(day(link.expires, t.locale)));

  /** @param {number} seconds */
  async function make(seconds) {
    const link = await run(() => ask('POST', `${path}/links`, { seconds }));
    if (link) {
      copyOne(link);
    }
  }

  /**
   * The same for buttons that go with what they did: the focus is not lost.
   * @param {() => Promise<any>} act
   */
  async function runAndStay(act) {
    await run(act);
    more.current?.focus();
  }

  useEffect(() => {
    if (open) {
      run(async () => null);
    }
  }, [open]);

  return html`<section class="sharing" aria-label=${t.sharing}>
    <div class="sharing-head">
      <button type="button" class="button button-main" aria-disabled=${lost} onClick=${copyAny}>${t.copyLink}</button>
      <a class="button" href=${`/watch/${room.id}`} target="_blank" rel="noopener">${t.openWatching}</a>
      <button type="button" class="button sharing-more" ref=${more} aria-expanded=${open} aria-controls=${`sharing-${room.id}`}
        onClick=${() => setOpen(!open)}>${t.whoMay}</button>
    </div>
    <${News} news=${news} />
    <div role="alert">${trouble && html`<p class="band band-bad">${said(t, trouble)}</p>`}</div>
    ${room.public && html`<p class="band band-warn">${t.isPublic}</p>`}
    <div id=${`sharing-${room.id}`} hidden=${!open}>
      ${open && html`
        <${Public} on=${room.public} lost=${lost}
          onSet=${(/** @type {boolean} */ on) => runAndStay(() => ask('PUT', `${path}/public`, { public: on }))} />
        <${Links} links=${links} lost=${lost} onMake=${make} onCopy=${copyOne}
          onRevoke=${(/** @type {string} */ id) => runAndStay(() => ask('DELETE', `${path}/links/${id}`))} />`}
    </div>
  </section>`;
}

/** @param {{ news: Copied | null }} props */
export function News({ news }) {
  const t = useWords();
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => {
    if (news && !news.copied) {
      field.current?.select();
    }
  }, [news]);
  return html`<div class="sharing-news" role="status">
    ${news && html`<p class=${news.copied ? 'sharing-good' : ''}>${news.copied ? t.copied : t.copyByHand} ${news.words}</p>`}
    ${news && !news.copied && html`<label class="field"><span class="unseen">${t.watchLink}</span>
      <input type="text" readonly ref=${field} value=${news.address} /></label>`}
  </div>`;
}

/** @param {{ on: boolean, lost: boolean, onSet: (on: boolean) => void }} props */
function Public({ on, lost, onSet }) {
  const t = useWords();
  return html`<div class="sharing-public">
    <p>${on ? t.publicOn : t.publicOff}</p>
    ${on
      ? html`<button type="button" class="button button-small" aria-disabled=${lost} onClick=${() => !lost && onSet(false)}>${t.makePrivate}</button>`
      : html`<${Asking} button=${t.makePublic} label=${t.makePublic} words=${t.askPublic} yes=${t.makePublic} lost=${lost}
          onYes=${() => onSet(true)} />`}
  </div>`;
}

/**
 * @param {{ links: Pick<WatchLink, 'id' | 'expires' | 'url'>[] | null, lost: boolean, onMake: (seconds: number) => void,
 *   onCopy: (link: any) => void, onRevoke: (id: string) => void }} props
 */
export function Links({ links, lost, onMake, onCopy, onRevoke }) {
  const t = useWords();
  const [seconds, setSeconds] = useState(USUAL_S);
  return html`<h3>${t.links}</h3>
    <ul class="watch-links">
      ${(links || []).map((link) => html`<li key=${link.id} class="watch-link">
        <span class="watch-link-end">${t.goodUntil(day(link.expires, t.locale))}</span>
        <button type="button" class="button button-small" aria-label=${`${t.copy} ${day(link.expires, t.locale)}`}
          onClick=${() => onCopy(link)}>${t.copy}</button>
        <${Asking} button=${t.revoke} label=${`${t.revoke} ${day(link.expires, t.locale)}`} words=${t.askRevoke} yes=${t.revoke}
          lost=${lost} onYes=${() => onRevoke(link.id)} />
      </li>`)}
      ${links && links.length === 0 && html`<li class="quiet">${t.noLinks}</li>`}
    </ul>
    <div class="new-link">
      <label class="new-link-span">${t.newLink}
        <select value=${seconds} onChange=${(/** @type {any} */ event) => setSeconds(Number(event.target.value))}>
          ${SPANS_S.map((span, i) => html`<option value=${span}>${t.spans[i]}</option>`)}
        </select>
      </label>
      <button type="button" class="button button-small" aria-disabled=${lost} onClick=${() => !lost && onMake(seconds)}>${t.makeLink}</button>
    </div>`;
}
