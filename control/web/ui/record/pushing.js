// SPDX-License-Identifier: GPL-3.0-or-later
// Platforms to which the room's lessons are pushed: how each is, and one more.

import { html, useRef, useState } from '../../vendor/preact.js';
import { ask, faultText } from '../../lib/api.js';
import { rate, size, timeOfDay } from '../../lib/format.js';
import { said, useWords } from '../../lib/language.js';
import { Asking } from '../asking.js';

/** @typedef {import('../../types').FaultText} FaultText */
/** @typedef {import('../../types').Push} Push */
/** @typedef {{ address: string, key: string, name: string, picture: Push['picture'] }} Form */

const NAME_MAX = 80;
const ADDRESS_MAX = 1000;
/** @type {Form} */
const EMPTY = { address: '', key: '', name: '', picture: 'camera' };

/**
 * Platforms give out address and key apart, or in one.
 * @param {Form} form
 */
export function whole({ address, key }) {
  const plain = address.trim();
  const secret = key.trim();
  if (!secret) {
    return plain;
  }
  return plain.startsWith('srt:')
    ? `${plain}${plain.includes('?') ? '&' : '?'}streamid=${encodeURIComponent(secret)}`
    : `${plain.replace(/\/+$/, '')}/${secret}`;
}

/** @param {{ room: import('../../types').Room, lost: boolean }} props */
export function Pushing({ room, lost }) {
  const t = useWords();
  const [open, setOpen] = useState(false);
  const [trouble, setTrouble] = useState(/** @type {FaultText | null} */ (null));
  const more = useRef(/** @type {HTMLElement | null} */ (null));
  const path = `/rooms/${room.id}/pushes`;
  const ill = room.pushes.filter((push) => push.state === 'waiting').length;
  const well = room.pushes.filter((push) => push.state === 'sending').length;

  /** @param {() => Promise<any>} act */
  async function run(act) {
    setTrouble(null);
    try {
      await act();
      return true;
    } catch (error) {
      setTrouble(faultText(error));
      return false;
    }
  }

  /** The button goes with what it did: the focus is not lost. @param {string} id */
  async function remove(id) {
    await run(() => ask('DELETE', `${path}/${id}`));
    more.current?.focus();
  }

  return html`<section class="pushing" aria-label=${t.pushing}>
    <button type="button" class="button" ref=${more} aria-expanded=${open} aria-controls=${`pushing-${room.id}`}
      onClick=${() => setOpen(!open)}>${t.pushing}</button>
    <span class="pushing-sum" role="status">
      ${well > 0 && html`<span class="health health-running">${t.pushesWell(well)}</span>`}
      ${ill > 0 && html`<span class="health health-no-signal">${t.pushesIll(ill)}</span>`}
    </span>
    <div id=${`pushing-${room.id}`} hidden=${!open}>
      ${open && html`
        <ul class="pushes">
          ${room.pushes.map((push) => html`<${One} key=${push.id} push=${push} lost=${lost}
            onSwitch=${() => run(() => ask('PUT', `${path}/${push.id}`, { on: !push.on }))} onRemove=${() => remove(push.id)} />`)}
          ${room.pushes.length === 0 && html`<li class="quiet">${t.noPushes}</li>`}
        </ul>
        <div role="alert">${trouble && html`<p class="band band-bad">${said(t, trouble)}</p>`}</div>
        <${Add} lost=${lost} onAdd=${(/** @type {object} */ body) => run(() => ask('POST', path, body))} />`}
    </div>
  </section>`;
}

const HEALTH = { off: 'off', ready: 'off', connecting: 'opening', sending: 'running', waiting: 'no-signal' };

/** @param {{ push: Push, lost: boolean, onSwitch: () => void, onRemove: () => void }} props */
function One({ push, lost, onSwitch, onRemove }) {
  const t = useWords();
  const name = push.name || push.address;
  return html`<li class="push">
    <div class="push-head">
      <span class="push-name">${name}</span>
      <span class="health health-${HEALTH[push.state]}" role="status">${t.pushStates[push.state]}</span>
    </div>
    <p class="push-address">${push.name ? `${push.address} · ` : ''}${t.kinds[push.picture]}</p>
    ${push.state === 'sending' && html`<p class="push-facts">${rate(push.bits_per_s)} · ${size(push.bytes)} · ${t.since(timeOfDay(push.since))}
      ${push.skips > 0 && html`<strong>${t.pushSkips(push.skips)}</strong>`}</p>`}
    ${push.fault && html`<p class="push-why">${said(t, push.fault)}${t.pushAgain}</p>`}
    <div class="push-acts">
      <button type="button" class="button button-small" role="switch" aria-checked=${push.on} aria-label=${t.pushOn(name)} aria-disabled=${lost}
        onClick=${() => !lost && onSwitch()}>${push.on ? t.switchOff : t.switchOn}</button>
      <${Asking} button=${t.remove} label=${`${t.remove} ${name}`} words=${t.askRemove} yes=${t.remove} lost=${lost} onYes=${onRemove} />
    </div>
  </li>`;
}

/** @param {{ lost: boolean, onAdd: (body: object) => Promise<boolean> }} props */
function Add({ lost, onAdd }) {
  const t = useWords();
  const [form, setForm] = useState(EMPTY);

  /** @param {keyof Form} field */
  const take = (field) => (/** @type {any} */ event) => setForm({ ...form, [field]: event.target.value });

  /** @param {Event} event */
  async function add(event) {
    event.preventDefault();
    if (!lost && (await onAdd({ url: whole(form), name: form.name.trim(), picture: form.picture }))) {
      setForm(EMPTY);
    }
  }

  return html`<form class="push-form" onSubmit=${add}>
    <h3>${t.newPush}</h3>
    <label class="field push-wide"><span>${t.pushAddress}</span>
      <input type="text" name="address" required autocomplete="off" spellcheck=${false} maxlength=${ADDRESS_MAX} placeholder="rtmp://live.example/app"
        value=${form.address} onInput=${take('address')} /></label>
    <label class="field push-wide"><span>${t.pushKey} <small>${t.pushKeyHint}</small></span>
      <input type="password" name="key" autocomplete="new-password" maxlength=${ADDRESS_MAX} value=${form.key} onInput=${take('key')} /></label>
    <label class="field"><span>${t.pushName} <small>${t.titleHint}</small></span>
      <input type="text" name="name" autocomplete="off" maxlength=${NAME_MAX} value=${form.name} onInput=${take('name')} /></label>
    <label class="field"><span>${t.picture}</span>
      <select name="picture" value=${form.picture} onChange=${take('picture')}>
        <option value="camera">${t.kinds.camera}</option>
        <option value="screen">${t.kinds.screen}</option>
      </select></label>
    <button type="submit" class="button button-main push-wide" aria-disabled=${lost}>${t.addPush}</button>
  </form>`;
}
