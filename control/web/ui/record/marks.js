// SPDX-License-Identifier: GPL-3.0-or-later
// Marks of the lesson that runs (打点). One is shown as saved only when the disk has it.

import { html, useEffect, useRef, useState } from '../../vendor/preact.js';
import { ask, faultText } from '../../lib/api.js';
import { clock, seconds } from '../../lib/format.js';
import { said, useWords } from '../../lib/language.js';

/** @typedef {import('../../types').FaultText} FaultText */
/** @typedef {{ key: number, label: string, time_ns: number | undefined, fault: FaultText | null }} Pending */

const LABEL_MAX = 80;

/**
 * Tells the lesson time of now, by what the server said last and the time since: a mark belongs to
 * the moment of its press, however long the way to the server takes.
 * @param {number | undefined} elapsed_ns
 */
function useLessonTime(elapsed_ns) {
  const told = useRef({ elapsed_ns, at: 0 });
  useEffect(() => {
    told.current = { elapsed_ns, at: performance.now() };
  }, [elapsed_ns]);
  return () => {
    const { elapsed_ns: then, at } = told.current;
    return then === undefined ? undefined : then + Math.round(1e6 * (performance.now() - at));
  };
}

/**
 * @param {{ room: string, lesson: import('../../types').RecordingWhole | null, elapsed_ns: number | undefined,
 *   stale: boolean, refresh: () => Promise<void> }} props
 */
export function Marks({ room, lesson, elapsed_ns, stale, refresh }) {
  const t = useWords();
  const [label, setLabel] = useState('');
  const [pending, setPending] = useState(/** @type {Pending[]} */ ([]));
  const [news, setNews] = useState('');
  const keys = useRef(0);
  const lessonTime = useLessonTime(elapsed_ns);

  /** @param {number} key */
  const dismiss = (key) => setPending((list) => list.filter((one) => one.key !== key));

  /**
   * @param {string} wanted
   * @param {number | undefined} time_ns
   */
  async function mark(wanted, time_ns = lessonTime()) {
    if (stale) {
      return;
    }
    const key = ++keys.current;
    setPending((list) => [{ key, label: wanted, time_ns, fault: null }, ...list]);
    try {
      const saved = await ask('POST', `/rooms/${room}/marks`, { label: wanted, time_ns });
      await refresh();
      dismiss(key);
      setNews(t.marked(wanted, seconds(saved.time_ns)));
    } catch (error) {
      const fault = faultText(error);
      setPending((list) => list.map((one) => (one.key === key ? { ...one, fault } : one)));
    }
  }

  /** @param {Pending} one */
  function again(one) {
    dismiss(one.key);
    mark(one.label, one.time_ns);
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
        <span class="mark-state">${one.fault ? t.markFailed(said(t, one.fault)) : t.markSaving}</span>
        ${one.fault && html`<span class="mark-acts">
          <button type="button" class="button button-small" aria-disabled=${stale} onClick=${() => !stale && again(one)}>${t.markAgain}</button>
          <button type="button" class="button button-small" onClick=${() => dismiss(one.key)}>${t.dismiss}</button>
        </span>`}
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
