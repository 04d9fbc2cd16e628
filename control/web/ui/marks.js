// SPDX-License-Identifier: GPL-3.0-or-later
// Marks of the lesson that runs (打点). One is shown as saved only when the disk has it.

import { html, useRef, useState } from '../vendor/preact.js';
import { ask, faultText } from '../lib/api.js';
import { clock, seconds } from '../lib/format.js';
import { said, useWords } from '../lib/language.js';

/** @typedef {import('../types').FaultText} FaultText */
/** @typedef {{ key: number, label: string, fault: FaultText | null }} Pending */

const LABEL_MAX = 80;

/**
 * @param {{ room: string, lesson: import('../types').RecordingWhole | null, stale: boolean,
 *   refresh: () => Promise<void> }} props
 */
export function Marks({ room, lesson, stale, refresh }) {
  const t = useWords();
  const [label, setLabel] = useState('');
  const [pending, setPending] = useState(/** @type {Pending[]} */ ([]));
  const [news, setNews] = useState('');
  const keys = useRef(0);

  /** @param {string} wanted */
  async function mark(wanted) {
    if (stale) {
      return;
    }
    const key = ++keys.current;
    setPending((list) => [{ key, label: wanted, fault: null }, ...list]);
    try {
      const saved = await ask('POST', `/rooms/${room}/marks`, { label: wanted });
      await refresh();
      setPending((list) => list.filter((one) => one.key !== key));
      setNews(t.marked(wanted, seconds(saved.time_ns)));
    } catch (error) {
      const fault = faultText(error);
      setPending((list) => list.map((one) => (one.key === key ? { ...one, fault } : one)));
    }
  }

  /** @param {Event} event */
  function submit(event) {
    event.preventDefault();
    mark(label.trim());
    setLabel('');
  }

  const saved = [...(lesson?.marks || [])].reverse();
  return html`<section class="marks" aria-label=${t.marks}>
    <form class="mark-form" onSubmit=${submit}>
      <label class="field mark-field"><span class="unseen">${t.markLabel}</span>
        <input type="text" name="mark" maxlength=${LABEL_MAX} autocomplete="off" placeholder=${t.markHint} value=${label}
          onInput=${(/** @type {any} */ event) => setLabel(event.target.value)} />
      </label>
      <button type="submit" class="button button-main" aria-disabled=${stale}>${t.markNow}</button>
      <div class="quick">
        ${t.quickMarks.map((word) => html`<button type="button" class="button" aria-disabled=${stale}
          onClick=${() => mark(word)}>${word}</button>`)}
      </div>
    </form>
    <p class="unseen" role="status">${news}</p>
    <ol class="mark-list" tabindex="0" aria-label=${t.marks}>
      ${pending.map((one) => html`<li key=${`pending-${one.key}`} class=${one.fault ? 'mark mark-bad' : 'mark mark-waits'}>
        <span class="mark-label">${one.label || t.markNow}</span>
        <span class="mark-state">${one.fault ? `${t.markFailed}: ${said(t, one.fault)}` : t.markSaving}</span>
        ${one.fault && html`<button type="button" class="button button-small"
          onClick=${() => setPending((list) => list.filter((other) => other.key !== one.key))}>${t.dismiss}</button>`}
      </li>`)}
      ${saved.map((one) => html`<li key=${`${one.time_ns} ${one.label}`} class="mark">
        <span class="mark-time">${clock(seconds(one.time_ns))}</span>
        <span class="mark-label">${one.label || t.markNow}</span>
        <span class="mark-state mark-good">${t.markSaved}</span>
      </li>`)}
      ${saved.length + pending.length === 0 && html`<li class="quiet">${t.noMarks}</li>`}
    </ol>
  </section>`;
}
