// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The record button. Starting asks nothing; stopping asks once, in place:
 *
 *   ready --press--> starting --recording--> running --press--> asking --yes--> stopping --> ready
 *                                              ^------- no, or 15 s -------'
 */

import { html, useEffect, useRef, useState } from '../../vendor/preact.js';
import { useWords } from '../../lib/language.js';

const ASK_MS = 15000; // a question nobody answers goes away
const CALM_MS = 600; // the second half of a double click is no answer
const SETTLE_MS = 5000; // done, but the room's state does not follow

/**
 * onStart and onStop tell whether it was done.
 * @param {{ recording: boolean, disabled: boolean, onStart: () => Promise<boolean>,
 *   onStop: () => Promise<boolean> }} props
 */
export function Button({ recording, disabled, onStart, onStop }) {
  const t = useWords();
  const [step, setStep] = useState(/** @type {'none' | 'starting' | 'asking' | 'stopping'} */ ('none'));
  const asked = useRef(0);
  const box = useRef(/** @type {HTMLElement | null} */ (null));

  /** @param {string} selector */
  const focus = (selector) => /** @type {HTMLElement | null | undefined} */ (box.current?.querySelector(selector))?.focus();

  useEffect(() => setStep('none'), [recording]);
  useEffect(() => {
    if (step !== 'asking') {
      if (asked.current > 0) {
        asked.current = 0;
        focus('.big'); // the answer that had the focus is gone
      }
      return undefined;
    }
    asked.current = Date.now();
    focus('.keep');
    const timer = setTimeout(() => setStep('none'), ASK_MS);
    return () => clearTimeout(timer);
  }, [step]);

  /**
   * @param {'starting' | 'stopping'} next
   * @param {() => Promise<boolean>} act
   */
  async function run(next, act) {
    setStep(next);
    if (await act()) {
      setTimeout(() => setStep((now) => (now === next ? 'none' : now)), SETTLE_MS);
    } else {
      setStep('none');
    }
  }

  function press() {
    if (disabled || step !== 'none') {
      return; // pressed twice, or nobody is there who could do it
    }
    if (recording) {
      setStep('asking');
    } else {
      run('starting', onStart);
    }
  }

  function confirm() {
    if (!disabled && Date.now() - asked.current > CALM_MS) {
      run('stopping', onStop);
    }
  }

  if (step === 'asking') {
    return html`<div class="button-box asking" ref=${box} role="group" aria-label=${t.askStop}
        onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === 'Escape' && setStep('none')}>
      <p class="asking-words">${t.askStop}</p>
      <button type="button" class="keep" onClick=${() => setStep('none')}>${t.keepOn}</button>
      <button type="button" class="end" onClick=${confirm} aria-disabled=${disabled}>${t.confirmStop}</button>
    </div>`;
  }
  const busy = step !== 'none';
  const words = { none: recording ? t.stop : t.record, starting: t.starting, stopping: t.stopping }[step];
  return html`<div class="button-box" ref=${box}>
    <button type="button" class=${`big ${recording ? 'big-stop' : 'big-record'}`}
        aria-disabled=${disabled || busy} aria-busy=${busy} onClick=${press}>
      <span class="big-sign" aria-hidden="true"></span>
      <span class="big-words">${words}</span>
    </button>
  </div>`;
}
